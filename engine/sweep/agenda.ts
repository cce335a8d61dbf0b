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
 * Reads a tenant's agenda up to `until`, repairs overdue tasks, and stores two marks on the tenant's row: `swept`, before
 * which all tasks are settled, and `reached`, where a sweep stopped at its bound. The next sweep continues at `reached`, and
 * the one after the end starts at `swept` again. So neither many tasks at one instant nor one task that stays unsettled for
 * hours hides the tasks behind it.
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
        // `sweepWatched` repairs the rows on the watch.
        if (placesOf(row).watch === undefined) parts.push(await repairOne(world, app, row))
      }
      last = place
    }
    parts.push({ examined: places.length, repaired: 0, faults: [] })
    complete = places.length < LIMITS.sweepPageCount
  }
  const end = complete ? { at: until, id: '' } : last
  const total = sumOf(parts)
  // The mark of an idle tenant is moved only once an hour: a write costs more than reading an empty range again.
  if (tenant.reached || total.examined > 0 || end.at - tenant.swept.at >= IDLE_MARK_MS) {
    // A walk that started at `reached` has not seen the tasks before it.
    const swept = comparePlaces(start, tenant.swept) > 0 ? tenant.swept : (settled ?? end)
    await storeMark(world, tenant, swept, complete ? undefined : last)
  }
  return total
}

/**
 * Does a task still wait for its nominal time? Then a later sweep must read this place again. This holds for a row on the
 * watch too, where a far task is until its claim: the claim takes it off the watch, and if the worker dies and the message
 * is lost, only this walk finds the task.
 */
const isUnsettled = (row: TaskRow, place: Place): boolean =>
  row.notBefore === place.at && row.dueAt === row.notBefore && overdueAt(row) !== undefined

const IDLE_MARK_MS = 3_600_000

const storeMark = async (world: Needs<'sweep'>, tenant: TenantRow, swept: Place, reached: Place | undefined): Promise<void> => {
  if (comparePlaces(swept, tenant.swept) === 0 && !reached && !tenant.reached) return
  const command = { name: 'sweep', at: world.clock.now(), by: 'system:sweep', swept } as const
  await apply(world, tenantKey(tenant.id), () => ({ ...command, ...defined({ reached }) }), tenant)
}
