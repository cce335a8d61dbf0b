import { tenantKey } from '../core/tenant/row.ts'
import { apply } from './apply.ts'
import type { Writer } from './needs.ts'

/** Tenants whose rows this process has seen, by store. A tenant's row is never deleted, so the cache is always right. */
const opened = new WeakMap<Writer['store'], Set<string>>()

/** The cache is cleared when it has this many tenants; then each tenant costs one more read. */
const CACHED_TENANTS_COUNT = 10_000

/**
 * Ensures that a tenant's row exists before its first task is created, because the sweep finds tasks by tenant. It costs
 * one read for each process and tenant.
 */
export const openTenant = async (world: Writer, tenant: string, by: string): Promise<void> => {
  const seen = opened.get(world.store) ?? new Set()
  if (seen.has(tenant)) return
  const at = world.clock.now()
  await apply(world, tenantKey(tenant), () => ({ name: 'open', at, by }))
  if (seen.size >= CACHED_TENANTS_COUNT) seen.clear()
  opened.set(world.store, seen.add(tenant))
}
