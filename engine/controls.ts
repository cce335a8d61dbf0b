import type { Controls } from '../core/gate/requirements.ts'
import type { Instant } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { SYSTEM_TENANT } from '../core/row/key.ts'
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
export const controlsFor = (world: Reader, tenant: string): Promise<Said> => saidTo(tenant, (name) => remembered(world, name))

/** The same as it is at this moment: for a person who asks, and not for every task. */
export const controlsNow = ({ store }: Pick<Reader, 'store'>, tenant: string): Promise<Said> =>
  saidTo(tenant, (name) => controlsOf(store, name))

/** Lets this process see at once what has just been said through it. */
export const forgetControls = (store: Writer['store'], tenant: string): void => void read.get(store)?.delete(tenant)

type Reader = Pick<Writer, 'clock'> & { readonly store: Pick<Writer['store'], 'get'> }

/** What is said in a tenant, and what for all of them. */
type Said = { readonly own: Controls; readonly all: Controls }

const saidTo = async (tenant: string, look: (tenant: string) => Promise<Controls>): Promise<Said> => {
  const [own, all] = await Promise.all([tenant, SYSTEM_TENANT].map(look))
  return { own: tenant === SYSTEM_TENANT ? {} : (own ?? {}), all: all ?? {} }
}

const controlsOf = async (store: Reader['store'], tenant: string): Promise<Controls> => {
  const row = await store.get(tenantKey(tenant))
  return (row?.kind === 'tenant' ? row.controls : undefined) ?? {}
}

const remembered = async (world: Reader, tenant: string): Promise<Controls> => {
  const known = read.get(world.store as Writer['store']) ?? new Map<string, Known>()
  read.set(world.store as Writer['store'], known)
  const at = world.clock.now()
  const found = known.get(tenant)
  if (found && at - found.at >= 0 && at - found.at < LIMITS.controlsStaleMs) return found.controls
  const controls = await controlsOf(world.store, tenant)
  if (known.size >= REMEMBERED) known.clear()
  known.set(tenant, { at, controls })
  return controls
}
