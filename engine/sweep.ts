import { LIMITS } from '../core/limits.ts'
import { wakes } from '../core/task/consequences.ts'
import { overdueAt, placesOf } from '../core/task/places.ts'
import type { TaskRow } from '../core/task/row.ts'
import { type TenantRow, tenantKey } from '../core/tenant/row.ts'
import { apply } from './apply.ts'
import type { Needs } from './needs.ts'
import { type Wake, wake } from './relay.ts'
import type { Place, WatchPlace } from './world.ts'

/** What a sweep saw and mended. A healthy system repairs nothing. */
export type Swept = { readonly examined: number; readonly repaired: number }

/**
 * The safety net: finds rows that should have woken and did not, and wakes them again from the row. Two walks: along the
 * watched wake-ups of all tenants, and along each tenant's agenda from where the last sweep stopped.
 */
export const sweep = async (world: Needs<'sweep'>): Promise<Swept> => {
  const until = world.clock.now() - LIMITS.sweepGraceMs
  const watched = await sweepWatched(world, until)
  let { examined, repaired } = watched
  for await (const tenant of allTenants(world)) {
    const swept = await sweepAgenda(world, tenant, until)
    examined += swept.examined
    repaired += swept.repaired
  }
  if (repaired > 0) world.meter.add('SweepRepairs', repaired, {})
  world.log[repaired > 0 ? 'warn' : 'info']('sweep.done', { examined, repaired })
  return { examined, repaired }
}

const sweepWatched = async (world: Needs<'sweep'>, until: number): Promise<Swept> => {
  let examined = 0
  let repaired = 0
  let after: WatchPlace | undefined
  for (let page = 0; page < LIMITS.sweepPagesCount; page++) {
    const places = await world.store.watched({ until, limit: LIMITS.sweepPageCount, ...(after ? { after } : {}) })
    for (const [tenant, ids] of Map.groupBy(places, (place) => place.tenant)) {
      for (const row of await world.store.getTasks(
        tenant,
        ids.map((place) => place.id),
      ))
        repaired += await repair(world, row)
    }
    examined += places.length
    after = places.at(-1)
    if (places.length < LIMITS.sweepPageCount) break
  }
  return { examined, repaired }
}

/** Walks a tenant's agenda up to `until` and remembers how far everything is settled. */
const sweepAgenda = async (world: Needs<'sweep'>, tenant: TenantRow, until: number): Promise<Swept> => {
  let examined = 0
  let repaired = 0
  let settledTo = until
  let after: Place | undefined
  for (let page = 0; page < LIMITS.sweepPagesCount; page++) {
    const span = { tenant: tenant.id, order: 'earliest', from: tenant.sweptTo, to: until } as const
    const places = await world.store.agenda({ ...span, limit: LIMITS.sweepPageCount, ...(after ? { after } : {}) })
    for (const row of await world.store.getTasks(
      tenant.id,
      places.map((place) => place.id),
    )) {
      if (!isUnsettled(row)) continue
      settledTo = Math.min(settledTo, row.notBefore)
      // What is on the watch has been seen to by the other walk.
      if (placesOf(row).watch === undefined) repaired += await repair(world, row)
    }
    examined += places.length
    after = places.at(-1)
    if (places.length < LIMITS.sweepPageCount) break
    if (page === LIMITS.sweepPagesCount - 1 && after) settledTo = Math.min(settledTo, after.at)
  }
  await remember(world, tenant, settledTo, examined)
  return { examined, repaired }
}

/**
 * Still at its nominal time: the next sweep has to come by here again. Even while the row is on the watch, as a far one is
 * until it is claimed: the claim takes it off, and if its worker then dies with the message, only this walk finds it.
 */
const isUnsettled = (row: TaskRow): boolean => overdueAt(row) !== undefined && row.dueAt === row.notBefore

/** An idle tenant's mark is moved once an hour only: writing it costs, reading an empty stretch again does not. */
const remember = async (world: Needs<'sweep'>, tenant: TenantRow, to: number, examined: number): Promise<void> => {
  if (to <= tenant.sweptTo || (examined === 0 && to - tenant.sweptTo < IDLE_MARK_MS)) return
  const at = world.clock.now()
  await apply(world, tenantKey(tenant.id), () => ({ name: 'sweep', at, by: 'system:sweep', to }), tenant)
}

const IDLE_MARK_MS = 3_600_000

const repair = async (world: Needs<'sweep'>, row: TaskRow): Promise<number> => {
  const due = overdueAt(row)
  const overdueMs = due === undefined ? -1 : world.clock.now() - due
  if (!repairsNow(overdueMs)) return 0
  for (const effect of wakes(row)) await wake(world, effect as Wake)
  world.log.warn('sweep.repaired', { tenant: row.tenant, taskId: row.id, state: row.state, epoch: row.epoch, overdueMs })
  return 1
}

/**
 * Should a row that is this much overdue be woken by this sweep? At 2, 4, 8, 16 and 32 minutes and then every 32: a lost
 * wake-up is mended at the first look, while a long backlog, whose rows are overdue without anything being lost, is not
 * made longer by a copy of each message at every sweep.
 *
 * @param overdueMs since the wake-up that did not happen
 */
export const repairsNow = (overdueMs: number): boolean => momentsBy(overdueMs) > momentsBy(overdueMs - LIMITS.sweepEveryMs)

/** How many repair moments lie at or before this much delay. */
const momentsBy = (overdueMs: number): number => {
  const units = overdueMs / LIMITS.sweepGraceMs
  if (units < 1) return 0
  return units < STEADY_UNITS ? 1 + Math.floor(Math.log2(units)) : Math.log2(STEADY_UNITS) + Math.floor(units / STEADY_UNITS)
}

const STEADY_UNITS = 16

async function* allTenants(world: Needs<'sweep'>): AsyncGenerator<TenantRow> {
  let after: string | undefined
  while (true) {
    const page = await world.store.tenants({ limit: LIMITS.sweepPageCount, ...(after ? { after } : {}) })
    yield* page
    after = page.at(-1)?.id
    if (page.length < LIMITS.sweepPageCount) return
  }
}
