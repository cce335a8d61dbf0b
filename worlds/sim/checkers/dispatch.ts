import { nextDispatchAt } from '../../../core/gate/decide.ts'
import { effectiveLimits, type GateRow } from '../../../core/gate/row.ts'
import { iso } from '../../../core/instant.ts'
import { type Change, changesOf, gateName } from '../history.ts'
import { FROZEN_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/** What was on its way when the faults ended has arrived by then, and who was frozen has thawed and is out of time. */
const SETTLED_MS = FROZEN_MS + 60_000
/** How long a gate may take to call the next one, and the next one to come: some messages, and some calls. */
const SOON_MS = 10_000

/**
 * A healthy gate needs no second look: with a place free, the next one is called at once; and who is called comes at once. That
 * a gate looks after silent holders makes it safe, and would hide that nobody moved until then.
 */
export const keepsMoving: Checker = (history) =>
  [...Map.groupBy(changesOf(history, 'gate'), ({ after }) => gateName(after))].flatMap(([gate, changes]) =>
    changes.flatMap((change, index) => {
      if (change.at < history.healedAt + SETTLED_MS) return []
      const message = idle(change, changes[index + 1]?.at ?? history.endedAt) ?? silent(change, changes.slice(index + 1))
      return message ? [{ task: gate, at: change.at, message }] : []
    }),
  )

/** What was lost before the faults ended is the sweep's to mend: only what begins now has to go on by itself. */
const idle = ({ at, before, after }: Change<'gate'>, nextAt: number): string | undefined => {
  const isDue = (gate: GateRow | undefined) => gate !== undefined && (nextDispatchAt(gate, at) ?? at + 1) <= at
  const isArmed = before?.dueAt !== undefined && before.dueAt <= at
  if (!isDue(after) || isDue(before) || isArmed || nextAt - at <= SOON_MS) return undefined
  return `somebody waits and could be called since ${iso(at)}, and nothing happened for ${nextAt - at} ms`
}

const silent = ({ at, before, after }: Change<'gate'>, later: readonly Change<'gate'>[]): string | undefined => {
  if (effectiveLimits(after).paused) return undefined
  const isCalled = (gate: GateRow | undefined, task: string) =>
    gate?.holders.some((it) => it.reservedAt !== undefined && it.task === task) === true
  const called = after.holders.filter(({ task }) => isCalled(after, task) && !isCalled(before, task))
  const late = called.find(({ task }) => {
    const end = later.find(({ after: now }) => !isCalled(now, task))
    return end !== undefined && !effectiveLimits(end.after).paused && end.at - at > SOON_MS
  })
  return late && `${late.task} was called at ${iso(at)}, and had not come ${SOON_MS} ms later`
}
