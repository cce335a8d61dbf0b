import { auditEffect } from '../audit.ts'
import { defined } from '../defined.ts'
import type { Effect } from '../row/effect.ts'
import type { Json } from '../row/json.ts'
import { timePlace } from '../row/list.ts'
import type { Stamp } from '../row/stamp.ts'
import { wakeupChanges } from '../row/wakeups.ts'
import type { BulkOperation } from './row.ts'

/** Effects of a change of a bulk operation: its wake-up, its entry in the tenant's list, its results, and its audit entries. */
export const operationConsequences = (before: BulkOperation | undefined, after: BulkOperation | undefined): readonly Effect[] => {
  if (!after) return []
  return [
    ...wakeupChanges(before, after),
    ...listEntry(before, after),
    ...resultEntries(before, after),
    ...auditEntries(before, after),
  ]
}

/** Without `since` the entry is kept forever; the end of the operation sets it. */
const listEntry = (before: BulkOperation | undefined, after: BulkOperation): readonly Effect[] => {
  if (before && before.endedAt === after.endedAt) return []
  const { tenant, id, startedAt, endedAt } = after
  const entry = { at: timePlace(startedAt, id), value: id }
  const list = { list: 'operations', tenant, id: tenant } as const
  return [{ kind: 'appendEntries', list, entries: [entry], ...defined({ since: endedAt }) }]
}

/** A result's position holds the page and the index in it, so a change that is relayed twice is listed once. */
const resultEntries = (before: BulkOperation | undefined, after: BulkOperation): readonly Effect[] => {
  const { tenant, id, pagesCount, results = [], updatedAt } = after
  if (!before || before.pagesCount === pagesCount || results.length === 0) return []
  const entries = results.map((it, index) => ({
    at: timePlace(pagesCount, String(index).padStart(4, '0')),
    value: it satisfies Json,
  }))
  return [{ kind: 'appendEntries', list: { list: 'results', tenant, id }, entries, since: updatedAt }]
}

const auditEntries = (before: BulkOperation | undefined, after: BulkOperation): readonly Effect[] => {
  const { tenant, id, version, action, abort } = after
  const entry = (command: string, { at, by, reason }: Stamp) => {
    return [auditEffect(tenant, version, { at, by, command, operation: id, ...(reason ? { reason } : {}) })]
  }
  // A dry run gives no commands.
  if (!before) return after.dryRun ? [] : entry(action, { ...after, at: after.startedAt })
  return abort && !before.abort ? entry('abort', abort) : []
}
