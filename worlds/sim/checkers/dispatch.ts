import { nextDispatchAt } from '../../../core/gate/decide.ts'
import { effectiveLimits, type GateRow } from '../../../core/gate/row.ts'
import { iso } from '../../../core/instant.ts'
import { type Change, changesOf, gateName } from '../history.ts'
import { FROZEN_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/** Until then messages of the faulty phase have arrived, and frozen processes have run out of time. */
const SETTLED_MS = FROZEN_MS + 60_000
/** How long a gate may take to reserve a place, and a task to take it: some messages and some calls. */
const PROMPT_MS = 10_000

/**
 * Without faults, a gate with a free place reserves it for the next task at once, and that task acquires it at once. The later
 * look at holders makes a gate safe, and would hide that the gate admitted no task until then.
 */
export const dispatchesPromptly: Checker = (history) =>
  [...Map.groupBy(changesOf(history, 'gate'), ({ after }) => gateName(after))].flatMap(([gate, changes]) =>
    changes.flatMap((change, index) => {
      if (change.at < history.healedAt + SETTLED_MS) return []
      const message = idle(change, changes[index + 1]?.at ?? history.endedAt) ?? unclaimed(change, changes.slice(index + 1))
      return message ? [{ task: gate, at: change.at, message }] : []
    }),
  )

/** The sweep repairs what was lost before the faults ended, so only a gate that becomes ready now counts. */
const idle = ({ at, before, after }: Change<'gate'>, nextAt: number): string | undefined => {
  const isDue = (gate: GateRow | undefined) => gate !== undefined && (nextDispatchAt(gate, at) ?? at + 1) <= at
  const isArmed = before?.dueAt !== undefined && before.dueAt <= at
  if (!isDue(after) || isDue(before) || isArmed || nextAt - at <= PROMPT_MS) return undefined
  return `a task waits and a place is free since ${iso(at)}; the gate did not change for ${nextAt - at} ms`
}

const unclaimed = ({ at, before, after }: Change<'gate'>, later: readonly Change<'gate'>[]): string | undefined => {
  if (effectiveLimits(after).paused) return undefined
  const isReserved = (gate: GateRow | undefined, task: string) =>
    gate?.holders.some((it) => it.reservedAt !== undefined && it.task === task) === true
  const reserved = after.holders.filter(({ task }) => isReserved(after, task) && !isReserved(before, task))
  const late = reserved.find(({ task }) => {
    const end = later.find(({ after: now }) => !isReserved(now, task))
    return end !== undefined && !effectiveLimits(end.after).paused && end.at - at > PROMPT_MS
  })
  return late && `a place was reserved for ${late.task} at ${iso(at)}; the task did not acquire it within ${PROMPT_MS} ms`
}
