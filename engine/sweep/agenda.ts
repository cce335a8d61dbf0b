import { defined } from '../../core/defined.ts'
import { LIMITS } from '../../core/limits.ts'
import { comparePlaces, type Place } from '../../core/row/place.ts'
import { overdueAt, placesOf } from '../../core/task/places.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { type TenantRow, tenantKey } from '../../core/tenant/row.ts'
import type { SweepApp } from '../app.ts'
import { apply } from '../apply.ts'
import type { Needs } from '../needs.ts'
import { repairOne, type SweepResult, sumOf } from './repair.ts'

/**
 * Walks a tenant's agenda up to `until` and remembers up to where everything is settled. A walk that is longer than one
 * sweep may be goes on at the next from where it stopped, and then begins again behind what is settled: so neither a
 * crowd at one instant nor one task that stays unsettled for hours hides what comes after it.
 */
export const sweepAgenda = async (
  world: Needs<'sweep'>,
  app: SweepApp,
  tenant: TenantRow,
  until: number,
): Promise<SweepResult> => {
  const parts: SweepResult[] = []
  const start = tenant.reached ?? tenant.swept
  let last = start
  let settled: Place | undefined
  let complete = false
  for (let page = 0; page < LIMITS.sweepPagesCount && !complete; page++) {
    const query = { tenant: tenant.id, order: 'earliest', to: until, after: last, limit: LIMITS.sweepPageCount } as const
    const places = await world.store.agenda(query)
    const rows = new Map(
      (
        await world.store.getTasks(
          tenant.id,
          places.map(({ id }) => id),
        )
      ).map((row) => [row.id, row]),
    )
    for (const place of places) {
      const row = rows.get(place.id)
      if (row && isUnsettled(row, place)) {
        settled ??= last
        // What is on the watch has been seen to by the other walk.
        if (placesOf(row).watch === undefined) parts.push(await repairOne(world, app, row))
      }
      last = place
    }
    parts.push({ examined: places.length, repaired: 0, faults: [] })
    complete = places.length < LIMITS.sweepPageCount
  }
  const end = complete ? { at: until, id: '' } : last
  const all = sumOf(parts)
  // An idle tenant's mark is moved once an hour only: writing it costs, reading an empty stretch again does not.
  if (tenant.reached || all.examined > 0 || end.at - tenant.swept.at >= IDLE_MARK_MS) {
    // A walk that began further on says nothing of what lies before it.
    const swept = comparePlaces(start, tenant.swept) > 0 ? tenant.swept : (settled ?? end)
    await remember(world, tenant, swept, complete ? undefined : last)
  }
  return all
}

/**
 * Still at its nominal time: a later sweep has to come by here again. Even while the row is on the watch, as a far one is
 * until it is claimed: the claim takes it off, and if its worker then dies with the message, only this walk finds it.
 */
const isUnsettled = (row: TaskRow, place: Place): boolean =>
  row.notBefore === place.at && row.dueAt === row.notBefore && overdueAt(row) !== undefined

const IDLE_MARK_MS = 3_600_000

const remember = async (world: Needs<'sweep'>, tenant: TenantRow, swept: Place, reached: Place | undefined): Promise<void> => {
  if (comparePlaces(swept, tenant.swept) === 0 && !reached && !tenant.reached) return
  const said = { name: 'sweep', at: world.clock.now(), by: 'system:sweep', swept } as const
  await apply(world, tenantKey(tenant.id), () => ({ ...said, ...defined({ reached }) }), tenant)
}
