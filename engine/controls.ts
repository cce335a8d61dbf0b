import type { Controls } from '../core/gate/use.ts'
import type { Instant } from '../core/instant.ts'
import { SYSTEM_TENANT } from '../core/key.ts'
import { LIMITS } from '../core/limits.ts'
import { tenantKey } from '../core/tenant/row.ts'
import type { Writer } from './needs.ts'

type Known = { readonly at: Instant; readonly controls: Controls }

/** What this process has read of its store, and when. */
const read = new WeakMap<Writer['store'], Map<string, Known>>()

/** The memory is bounded: past this it starts anew. */
const REMEMBERED = 10_000

/**
 * What has been paused and limited, in a tenant and for all. It is at most `LIMITS.controlsStaleMs` old, so that a busy
 * executor reads two small rows in that time and not two for every task: a pause takes hold within so long.
 */
export const controlsFor = async (
  world: Pick<Writer, 'clock'> & { readonly store: Pick<Writer['store'], 'get'> },
  tenant: string,
): Promise<{ readonly own: Controls; readonly all: Controls }> => {
  const [own, all] = await Promise.all([tenant, SYSTEM_TENANT].map((name) => controlsOf(world, name)))
  return { own: tenant === SYSTEM_TENANT ? {} : (own ?? {}), all: all ?? {} }
}

const controlsOf = async (world: Parameters<typeof controlsFor>[0], tenant: string): Promise<Controls> => {
  const known = read.get(world.store as Writer['store']) ?? new Map<string, Known>()
  read.set(world.store as Writer['store'], known)
  const at = world.clock.now()
  const found = known.get(tenant)
  if (found && at - found.at >= 0 && at - found.at < LIMITS.controlsStaleMs) return found.controls
  const row = await world.store.get(tenantKey(tenant))
  const controls = (row?.kind === 'tenant' ? row.controls : undefined) ?? {}
  if (known.size >= REMEMBERED) known.clear()
  known.set(tenant, { at, controls })
  return controls
}
