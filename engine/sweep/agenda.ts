import { defined } from '../../core/defined.ts'
import type { Instant } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal, refuse } from '../../core/refusal.ts'
import { comparePlaces, type Place } from '../../core/row/place.ts'
import { needsWatch, overdueAt, placesOf } from '../../core/task/places.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { type TenantRow, tenantKey } from '../../core/tenant/row.ts'
import { apply } from '../apply.ts'
import type { Needs } from '../needs.ts'
import { sideBySide } from '../side-by-side.ts'
import { EMPTY_RESULT, guarded, repairOne, type SweepResult, type SweepRun, sumOf } from './repair.ts'

/** What one visit of a tenant has done. */
export type Visit = SweepResult & {
  /** The tenant's row after the visit: the next visit continues at its mark. */
  readonly tenant: TenantRow
  /** Everything before this time has been passed. */
  readonly reachedAt: Instant
  /** The walk has come to the end, so the tenant needs no further visit now. */
  readonly isComplete: boolean
}

/**
 * Walks a tenant's agenda from where the last walk stopped, up to `LIMITS.sweepGraceMs` before the sweep. Each place is
 * passed once: a task that is not settled there is put on the watch, which leads every later sweep to it, and is woken if it is
 * overdue. So the walk reads each task once, and writes only the unsettled ones.
 *
 * @param isOver ends the visit after its page; the next one continues at the mark
 */
export const visitAgenda = async (run: SweepRun, tenant: TenantRow, isOver: () => boolean): Promise<Visit> => {
  const until = run.now - LIMITS.sweepGraceMs
  const parts: SweepResult[] = []
  let last = tenant.swept
  let behind: Instant | undefined
  let isComplete = false
  let isStuck = false
  do {
    const page = await passPage(run, tenant.id, { after: last, to: until })
    parts.push(page)
    behind ??= page.behind
    last = page.last ?? last
    isComplete = page.isLast
    isStuck = page.isStuck
  } while (!isComplete && !isStuck && !isOver())
  const result = sumOf(parts)
  const end = isComplete ? { at: until, id: '' } : last
  // While a walk meets overdue tasks, the earliest such time is kept, because the tasks after it may still be open.
  const mark = {
    swept: end,
    ...defined({ behind: behind === undefined ? undefined : Math.min(behind, tenant.behind ?? behind) }),
  }
  return { ...result, tenant: await storeMark(run.world, tenant, mark, result.examined), reachedAt: end.at, isComplete }
}

type Page = SweepResult & {
  /** The place up to which all tasks are settled or on the watch. Absent: none of this page. */
  readonly last?: Place
  readonly isLast: boolean
  /** A task could not be put on the watch, so the walk must not pass it. */
  readonly isStuck: boolean
  /** The earliest place of an overdue task. */
  readonly behind?: Instant
}

const passPage = async (run: SweepRun, tenant: string, range: { readonly after: Place; readonly to: Instant }): Promise<Page> => {
  const { store } = run.world
  const places = await store.agenda({ tenant, order: 'earliest', limit: LIMITS.sweepPageCount, ...range })
  const rows = await rowsAt(store, tenant, places)
  const passed = await sideBySide(places, LIMITS.commandParallelCount, (place) => pass(run, place, rows.get(place.id)))
  const stuckAt = passed.findIndex(({ isStuck }) => isStuck)
  const last = stuckAt < 0 ? places.at(-1) : places[stuckAt - 1]
  const behind = places[passed.findIndex(({ isBehind }) => isBehind)]?.at
  const { repaired, faults } = sumOf(passed)
  return {
    examined: places.length,
    repaired,
    faults,
    isStuck: stuckAt >= 0,
    isLast: stuckAt < 0 && places.length < LIMITS.sweepPageCount,
    ...defined({ last, behind }),
  }
}

/**
 * The rows of places. An old copy of a row does no harm: it was unsettled, then the write fails, and the new row decides. But a
 * row that is missing in an old copy would be passed for good, so a missing row is read again. It is usually past its retention.
 */
const rowsAt = async (store: Needs<'sweep'>['store'], tenant: string, places: readonly Place[]) => {
  const ids = places.map(({ id }) => id)
  const rows = new Map((await store.getTasks(tenant, ids, 'mayBeStale')).map((row) => [row.id, row]))
  const missing = ids.filter((id) => !rows.has(id))
  if (missing.length > 0) for (const row of await store.getTasks(tenant, missing)) rows.set(row.id, row)
  return rows
}

type Passed = SweepResult & { readonly isStuck?: true; readonly isBehind?: boolean }

/** Passes one place: puts its task on the watch if the task is not settled, and wakes it if it is overdue. */
const pass = async (run: SweepRun, place: Place, row: TaskRow | undefined): Promise<Passed> => {
  if (!row || !isUnsettled(row, place)) return EMPTY_RESULT
  let watched: TaskRow | undefined
  const faults = await guarded(run.world, { tenant: row.tenant, taskId: row.id }, async () => {
    watched = row.watched ? row : await putOnWatch(run, row, place)
    return EMPTY_RESULT
  })
  if (faults.faults.length > 0) return { ...faults, isStuck: true }
  const due = watched && overdueAt(watched)
  if (!watched || due === undefined) return EMPTY_RESULT
  if (due > run.now - LIMITS.sweepGraceMs) return { ...EMPTY_RESULT, isBehind: due < run.now }
  // The watch has led this sweep to the row already, unless the row was put there just now, or by a sweep that may have died before it woke the row.
  const isLed = placesOf(row).watch !== undefined && !row.watched
  return { ...(isLed ? EMPTY_RESULT : await repairOne(run, watched, due)), isBehind: true }
}

/** Does the task still wait for what began at this place? A repeated visit finds its tasks on the watch. */
const isUnsettled = (row: TaskRow, place: Place): boolean =>
  row.notBefore === place.at && (needsWatch(row) || (row.watched === true && overdueAt(row) !== undefined))

/** Returns the row on the watch; undefined when it is settled by now. */
const putOnWatch = async ({ world }: SweepRun, row: TaskRow, place: Place): Promise<TaskRow | undefined> => {
  const { kind, tenant, id } = row
  const applied = await apply(
    world,
    { kind, tenant, id },
    (now) =>
      now && isUnsettled(now, place)
        ? { name: 'watch', at: world.clock.now(), by: 'system:sweep' }
        : refuse('superseded', `task ${id} is settled, or has another time`),
    row,
  )
  return isRefusal(applied) ? undefined : applied.after
}

const IDLE_MARK_MS = 3_600_000

/**
 * Stores how far the sweep has come, also that the visits of an idle tenant are over. Before that, the mark of a tenant without
 * new tasks is not moved: a write costs more than reading an empty range again.
 */
const storeMark = async (
  world: Needs<'sweep'>,
  tenant: TenantRow,
  mark: Pick<TenantRow, 'swept' | 'behind'>,
  examined: number,
): Promise<TenantRow> => {
  const { visitedUntil = Number.POSITIVE_INFINITY } = tenant
  const isLast = mark.swept.at >= visitedUntil
  const isIdle = examined === 0 && !isLast && mark.behind === tenant.behind && mark.swept.at - tenant.swept.at < IDLE_MARK_MS
  if (isIdle || comparePlaces(mark.swept, tenant.swept) === 0) return tenant
  const command = { name: 'sweep', at: world.clock.now(), by: 'system:sweep', ...mark } as const
  const applied = await apply(world, tenantKey(tenant.id), () => command, tenant)
  return isRefusal(applied) ? tenant : applied.after
}
