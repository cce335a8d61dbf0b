import { tenantKey } from '../core/tenant/row.ts'
import { apply } from './apply.ts'
import type { Writer } from './needs.ts'

/** Tenants that this process has seen open, per store. A tenant is never closed, so remembering is safe. */
const opened = new WeakMap<Writer['store'], Set<string>>()

/** The memory is bounded: past this it starts anew, at the price of one read for each tenant. */
const REMEMBERED = 10_000

/** Makes sure that a tenant's row exists before its first task does: the sweep finds tasks through it. One read per process and tenant. */
export const openTenant = async (world: Writer, tenant: string, by: string): Promise<void> => {
  const seen = opened.get(world.store) ?? new Set()
  if (seen.has(tenant)) return
  const at = world.clock.now()
  await apply(world, tenantKey(tenant), () => ({ name: 'open', at, by }))
  if (seen.size >= REMEMBERED) seen.clear()
  opened.set(world.store, seen.add(tenant))
}
