import { auditEffect } from '../audit.ts'
import { defined } from '../defined.ts'
import type { Effect } from '../row/effect.ts'
import type { Json } from '../row/json.ts'
import { timePlace } from '../row/list.ts'
import { wakeupChanges } from '../row/wakeups.ts'
import type { BulkOperation } from './row.ts'

/** What follows from a change of an operation: its wake-up, its place among the tenant's operations, and what it has touched. */
export const operationConsequences = (before: BulkOperation | undefined, after: BulkOperation | undefined): readonly Effect[] => {
  if (!after) return []
  return [
    ...wakeupChanges(before, after),
    ...listEntry(before, after),
    ...resultEntries(before, after),
    ...audited(before, after),
  ]
}

/** Listed for ever at first: how long it is kept is known when it ends. */
const listEntry = (before: BulkOperation | undefined, after: BulkOperation): readonly Effect[] => {
  if (before && before.endedAt === after.endedAt) return []
  const { tenant, id, startedAt, endedAt } = after
  const entry = { at: timePlace(startedAt, id), value: id }
  const list = { list: 'operations', tenant, id: tenant } as const
  return [{ kind: 'appendEntries', list, entries: [entry], ...defined({ since: endedAt }) }]
}

/** A task's place in the list is that of its page, and its own in it: the same however often the change is relayed. */
const resultEntries = (before: BulkOperation | undefined, after: BulkOperation): readonly Effect[] => {
  const { tenant, id, pagesCount, results = [], updatedAt } = after
  if (!before || before.pagesCount === pagesCount || results.length === 0) return []
  const entries = results.map((it, index) => ({
    at: timePlace(pagesCount, String(index).padStart(4, '0')),
    value: it satisfies Json,
  }))
  return [{ kind: 'appendEntries', list: { list: 'results', tenant, id }, entries, since: updatedAt }]
}

const audited = (before: BulkOperation | undefined, after: BulkOperation): readonly Effect[] => {
  const { tenant, id, version, action, abort } = after
  const entry = (what: string, said: { readonly at: number; readonly by: string; readonly reason?: string }) => {
    const { at, by, reason } = said
    return [auditEffect(tenant, version, { at, by, what, operation: id, ...(reason ? { reason } : {}) })]
  }
  // A dry run commands nothing.
  if (!before) return after.dryRun ? [] : entry(action, { ...after, at: after.startedAt })
  return abort && !before.abort ? entry('abort', abort) : []
}
