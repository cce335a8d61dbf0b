import type { Controls } from '../core/gate/requirements.ts'
import type { Instant } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { SYSTEM_TENANT } from '../core/row/key.ts'
import { tenantKey } from '../core/tenant/row.ts'
import type { Writer } from './needs.ts'
import { rememberVisits } from './visits.ts'

/** The cache is cleared when it has this many tenants; then each tenant costs one more read. */
const CACHED_TENANTS_COUNT = 10_000

type CachedControls = { readonly at: Instant; readonly controls: Controls }

/** The controls that this process has read, by store and tenant. */
const cache = new WeakMap<Writer['store'], Map<string, CachedControls>>()

/**
 * The pauses and limits of a tenant and those of all tenants, at most `LIMITS.controlsStaleMs` old. The cache saves a busy
 * executor two reads for each task; a pause takes effect within that time.
 */
export const controlsFor = (world: Reader, tenant: string): Promise<TenantControls> =>
  loadControls(tenant, (name) => cachedControls(world, name))

/** The same, read from the store: for API requests, not for each task. */
export const controlsNow = ({ store }: Pick<Reader, 'store'>, tenant: string): Promise<TenantControls> =>
  loadControls(tenant, (name) => controlsOf(store, name))

/** Drops a tenant's controls from the cache, so that this process sees its own change at once. */
export const forgetControls = (store: Writer['store'], tenant: string): void => void cache.get(store)?.delete(tenant)

type Reader = Pick<Writer, 'clock'> & { readonly store: Pick<Writer['store'], 'get'> }

/** `own` are the controls of the tenant, `all` those of all tenants. */
type TenantControls = { readonly own: Controls; readonly all: Controls }

const loadControls = async (tenant: string, load: (tenant: string) => Promise<Controls>): Promise<TenantControls> => {
  const [own, all] = await Promise.all([tenant, SYSTEM_TENANT].map(load))
  return { own: tenant === SYSTEM_TENANT ? {} : (own ?? {}), all: all ?? {} }
}

const controlsOf = async (store: Reader['store'], tenant: string): Promise<Controls> => {
  const row = await store.get(tenantKey(tenant))
  if (row) rememberVisits(store, row)
  return row?.controls ?? {}
}

const cachedControls = async (world: Reader, tenant: string): Promise<Controls> => {
  const tenants = cache.get(world.store as Writer['store']) ?? new Map<string, CachedControls>()
  cache.set(world.store as Writer['store'], tenants)
  const at = world.clock.now()
  const cached = tenants.get(tenant)
  if (cached && at - cached.at >= 0 && at - cached.at < LIMITS.controlsStaleMs) return cached.controls
  const controls = await controlsOf(world.store, tenant)
  if (tenants.size >= CACHED_TENANTS_COUNT) tenants.clear()
  tenants.set(tenant, { at, controls })
  return controls
}
