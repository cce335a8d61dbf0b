import type { Scope } from '../../../core/gate/requirements.ts'
import { iso } from '../../../core/instant.ts'
import { LIMITS } from '../../../core/limits.ts'
import { SYSTEM_TENANT } from '../../../core/row/key.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { changesOf, type History, isClaim, taskKey } from '../history.ts'
import type { Checker } from './checker.ts'

/**
 * How long after a pause a task may still start: the age of the controls that an executor has read, the time from its gates
 * to its claim, and a slow call for each.
 */
const EFFECTIVE_AFTER_MS = LIMITS.controlsStaleMs + LIMITS.gateClaimMs + 30_000

/** While a scope is paused, no task of the scope starts. */
export const respectsPauses: Checker = (history) => {
  const pauses = pausesOf(history)
  return changesOf(history, 'task').flatMap((commit) => {
    const { at, after } = commit
    if (!isClaim(commit)) return []
    const violated = pauses.find((pause) => appliesTo(pause, after) && at > pause.from + EFFECTIVE_AFTER_MS && at < pause.to)
    if (!violated) return []
    const message = `the task was claimed although ${violated.scope} of ${violated.tenant} had been paused at ${iso(violated.from)}`
    return [{ task: taskKey(after), at, message }]
  })
}

type Paused = { readonly tenant: string; readonly scope: Scope; readonly from: number; readonly to: number }

const appliesTo = ({ tenant, scope }: Paused, row: TaskRow): boolean =>
  (tenant === SYSTEM_TENANT || tenant === row.tenant) &&
  (scope === 'tenant' || scope === `type.${row.type}` || scope === `lane.${row.lane}`)

/** Every period in which a scope was paused, by the rows of the tenants. */
const pausesOf = (history: History): readonly Paused[] => {
  const open = new Map<string, Omit<Paused, 'to'>>()
  const closed: Paused[] = []
  for (const { at, after } of changesOf(history, 'tenant')) {
    for (const [scope, control = { revision: 0 }] of Object.entries(after.controls ?? {})) {
      const name = `${after.tenant}/${scope}`
      const from = open.get(name)
      if (control.paused && !from) open.set(name, { tenant: after.tenant, scope: scope as Scope, from: at })
      if (control.paused || !from) continue
      closed.push({ ...from, to: at })
      open.delete(name)
    }
  }
  return [...closed, ...[...open.values()].map((from) => ({ ...from, to: history.endedAt }))]
}
