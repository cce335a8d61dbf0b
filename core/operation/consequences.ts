import { auditNote } from '../audit.ts'
import type { Effect } from '../row/effect.ts'
import type { Json } from '../row/json.ts'
import { timePlace } from '../row/list.ts'
import { rewakes } from '../row/wakeups.ts'
import type { OperationRow } from './row.ts'

/** What follows from a change of an operation: its wake-up, its place among the tenant's operations, and what it has touched. */
export const operationConsequences = (before: OperationRow | undefined, after: OperationRow | undefined): readonly Effect[] => {
  if (!after) return []
  return [...rewakes(before, after), ...listed(before, after), ...touches(before, after), ...audited(before, after)]
}

/** Listed for ever at first: how long it is kept is known when it ends. */
const listed = (before: OperationRow | undefined, after: OperationRow): readonly Effect[] => {
  if (before && before.endedAt === after.endedAt) return []
  const { tenant, id, startedAt, endedAt } = after
  const entry = { at: timePlace(startedAt, id), value: id }
  const list = { list: 'operations', tenant, id: tenant } as const
  return [{ kind: 'note', list, entries: [entry], ...(endedAt === undefined ? {} : { since: endedAt }) }]
}

/** A task's place in the list is that of its page, and its own in it: the same however often the change is relayed. */
const touches = (before: OperationRow | undefined, after: OperationRow): readonly Effect[] => {
  const { tenant, id, pagesCount, told = [], updatedAt } = after
  if (!before || before.pagesCount === pagesCount || told.length === 0) return []
  const entries = told.map((it, index) => ({
    at: timePlace(pagesCount, String(index).padStart(4, '0')),
    value: it satisfies Json,
  }))
  return [{ kind: 'note', list: { list: 'touched', tenant, id }, entries, since: updatedAt }]
}

const audited = (before: OperationRow | undefined, after: OperationRow): readonly Effect[] => {
  const { tenant, id, version, action, abort } = after
  const say = (what: string, said: { readonly at: number; readonly by: string; readonly reason?: string }) => {
    const { at, by, reason } = said
    return [auditNote(tenant, version, { at, by, what, operation: id, ...(reason ? { reason } : {}) })]
  }
  // A dry run commands nothing.
  if (!before) return after.dryRun ? [] : say(action, { ...after, at: after.startedAt })
  return abort && !before.abort ? say('abort', abort) : []
}
