import { type Instant, iso } from '../../../core/instant.ts'
import { needsVisit } from '../../../core/task/places.ts'
import type { TenantRow } from '../../../core/tenant/row.ts'
import { changesOf, taskKey } from '../history.ts'
import type { Checker } from './checker.ts'

/**
 * When a task is written that only a visit of the sweep would find, the sweep visits its tenant until it has passed the task. In
 * most runs no message of such a task is lost, so the law of liveness would seldom notice that the visits had ended.
 */
export const visitsInTime: Checker = (history) => {
  const tenants = Map.groupBy(changesOf(history, 'tenant'), ({ after }) => after.tenant)
  return changesOf(history, 'task').flatMap(({ at, after }) => {
    if (!needsVisit(after)) return []
    const row = rowAt(tenants.get(after.tenant) ?? [], at)
    if ((row?.visitedUntil ?? Number.NEGATIVE_INFINITY) >= after.notBefore) return []
    const until = row?.visitedUntil === undefined ? 'not visited' : `visited until ${iso(row.visitedUntil)}`
    return [{ task: taskKey(after), at, message: `the task is due at ${iso(after.notBefore)}, and its tenant is ${until}` }]
  })
}

/** The tenant's row at an instant. */
const rowAt = (changes: readonly { readonly at: Instant; readonly after: TenantRow }[], at: Instant): TenantRow | undefined =>
  changes.findLast((change) => change.at <= at)?.after
