import type { Instant } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import type { TenantCommand, TenantRow } from '../core/tenant/row.ts'
import type { Writer } from './needs.ts'

type Store = Pick<Writer['store'], 'get'>

/** The tenants whose rows this process has seen, by store, and until when the sweep visits each of them. */
const seen = new WeakMap<Store, Map<string, Instant>>()

/** The cache is cleared when it has this many tenants; then each tenant costs one more read. */
const CACHED_TENANTS_COUNT = 10_000

/** Does the tenant exist, and does the sweep visit it until it has passed this time? False: this process does not know it. */
export const isVisited = (store: Store, tenant: string, until: Instant = Number.NEGATIVE_INFINITY): boolean => {
  const known = seen.get(store)?.get(tenant)
  return known !== undefined && known >= until
}

/**
 * Remembers a row that was read. The visits of a tenant end only when the sweep is past their time, so a remembered time stays
 * right for all later tasks.
 */
export const rememberVisits = (store: Store, { id, visitedUntil = Number.NEGATIVE_INFINITY }: TenantRow): void => {
  const tenants = seen.get(store) ?? new Map<string, Instant>()
  if (tenants.size >= CACHED_TENANTS_COUNT) tenants.clear()
  seen.set(store, tenants.set(id, visitedUntil))
}

/**
 * The command by which a tenant exists, and is visited until the sweep has passed `until`; a refusal when that is so already.
 * The visits last some minutes longer, so a busy tenant's row is written once in that time and not for each task.
 */
export const visitCommand = (
  row: TenantRow | undefined,
  at: Instant,
  by: string,
  until: Instant | undefined,
): TenantCommand | Refusal => {
  if (row && (until === undefined || (row.visitedUntil ?? Number.NEGATIVE_INFINITY) >= until))
    return refuse('exists', `tenant ${row.id} is visited already`)
  return until === undefined
    ? { name: 'open', at, by }
    : { name: 'open', at, by, visitedUntil: Math.max(until, at) + LIMITS.tenantVisitedMs }
}
