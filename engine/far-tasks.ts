import type { Instant } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import { isFarTask } from '../core/task/places.ts'
import { isFar } from '../core/wakeup.ts'
import type { App } from './app.ts'
import type { Check } from './apply.ts'
import type { Needs } from './needs.ts'

type FarApp = Pick<App, 'tenantFarTasks'>
type FarWorld = Pick<Needs<'api'>, 'clock'> & { readonly store: Pick<Needs<'api'>['store'], 'agenda'> }

/**
 * Refuses a change by which a tenant would have more far tasks than it may. Every change that a caller causes is checked: a new
 * task, a postponed one, one that is made ready or redriven. Changes of workers and of the engine are not: a retry must not fail
 * because its tenant has many tasks.
 */
export const farTasksCheck =
  (world: FarWorld, app: FarApp): Check<'task'> =>
  (before, after) =>
    isFarTask(after) && !(before && isFarTask(before)) ? refuseBeyondBound(world, app, after.tenant) : undefined

/** The same for a new task, before anything of it is written. */
export const checkNewFarTask = async (
  world: FarWorld,
  app: FarApp,
  tenant: string,
  { at, notBefore }: { readonly at: Instant; readonly notBefore: Instant },
): Promise<Refusal | undefined> => (isFar(at, notBefore) ? refuseBeyondBound(world, app, tenant) : undefined)

const refuseBeyondBound = async (world: FarWorld, app: FarApp, tenant: string): Promise<Refusal | undefined> => {
  const bound = app.tenantFarTasks ?? LIMITS.farTasksCount
  const { count } = await estimateOf(world, tenant, bound)
  if (count < bound) return undefined
  const minutes = LIMITS.queueDelayMs / 60_000
  return refuse(
    'tooManyFarTasks',
    `tenant ${tenant} has about ${count} open tasks that are due more than ${minutes} minutes ahead; it may have ${bound} (tenantFarTasks). Cancel some of them, try again when some have started, or ask the operator to raise tenantFarTasks`,
  )
}

type Estimate = { readonly count: number; readonly at: Instant; readonly until: Instant }

/** The estimates of this process, by store and tenant. */
const estimates = new WeakMap<FarWorld['store'], Map<string, Promise<Estimate>>>()

/** The cache is cleared when it has this many tenants. */
const CACHED_TENANTS_COUNT = 10_000

/** The estimate is read again when the tenant can have created enough tasks since to reach its bound. */
const estimateOf = async (world: FarWorld, tenant: string, bound: number): Promise<Estimate> => {
  const cache = estimates.get(world.store) ?? new Map<string, Promise<Estimate>>()
  estimates.set(world.store, cache)
  const now = world.clock.now()
  const cached = cache.get(tenant)
  const known = await cached?.catch(() => undefined)
  if (known && now >= known.at && now < known.until) return known
  // Another request may have begun to read meanwhile.
  const current = cache.get(tenant)
  if (current !== undefined && current !== cached) return current
  if (cache.size >= CACHED_TENANTS_COUNT) cache.clear()
  const estimate = readEstimate(world, tenant, bound, now)
  cache.set(tenant, estimate)
  return estimate
}

/** Each task of the sample stands for `LIMITS.farSampleCount`. No more of them are read than decide about the bound. */
const readEstimate = async ({ store }: FarWorld, tenant: string, bound: number, at: Instant): Promise<Estimate> => {
  const limit = Math.ceil(bound / LIMITS.farSampleCount)
  const sample = await store.agenda({ tenant, attention: 'far', order: 'earliest', limit })
  const count = sample.length * LIMITS.farSampleCount
  // Not more exact than the estimate itself: a hundredth of the bound may be created before it is read again.
  const missing = Math.max(bound - count, bound / 100)
  const staleMs = Math.min((missing / LIMITS.tenantTasksPerSecondCount) * 1_000, LIMITS.farEstimateMs)
  return { count, at, until: at + staleMs }
}
