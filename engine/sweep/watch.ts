import { overdueOf } from '../../core/consequences.ts'
import { defined } from '../../core/defined.ts'
import type { DurationMs } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import type { Row } from '../../core/kinds.ts'
import { LIMITS } from '../../core/limits.ts'
import type { SweepProgress } from '../../core/sweep/row.ts'
import { sideBySide } from '../side-by-side.ts'
import type { WatchPlace } from '../world.ts'
import { guarded, repairOne, type SweepResult, type SweepRun, sumOf } from './repair.ts'

/** The part of the progress that is about the watch. */
type WatchProgress = Pick<SweepProgress, 'from' | 'to' | 'after' | 'isRepeat'>

/**
 * Repairs the watched rows of all tenants that have a repair moment since the last sweep. The time of a place is the time by
 * which its row must change, so the places alone show which rows to read. The index is eventually consistent: a row that has
 * changed since is found at its next moment.
 *
 * A walk that is over before its end continues in the next sweep, with the same moments. If a row could not be woken, the
 * moments are taken once more, and not again: one row that can never be woken must not repeat the others for ever.
 */
export const sweepWatched = async (
  run: SweepRun,
  progress: WatchProgress,
  isOver: () => boolean,
): Promise<SweepResult & { readonly progress: WatchProgress }> => {
  const parts: SweepResult[] = []
  let { from, to = run.now, after, isRepeat } = progress as WatchProgress & { after?: WatchPlace }
  while (from < run.now) {
    const walk = await walkWatch(run, { from, to }, after, isOver)
    parts.push(...walk.parts)
    if (walk.stoppedAt) return { ...sumOf(parts), progress: { from, to, after: walk.stoppedAt, ...defined({ isRepeat }) } }
    const isFaulty = sumOf(walk.parts).faults.length > 0
    if (isFaulty && !isRepeat) return { ...sumOf(parts), progress: { from, isRepeat: true } }
    ;[from, to, after, isRepeat] = [to, run.now, undefined, undefined]
  }
  return { ...sumOf(parts), progress: { from } }
}

const walkWatch = async (
  run: SweepRun,
  interval: Interval,
  start: WatchPlace | undefined,
  isOver: () => boolean,
): Promise<{ readonly parts: readonly SweepResult[]; readonly stoppedAt?: WatchPlace }> => {
  const parts: SweepResult[] = []
  const until = interval.to - LIMITS.sweepGraceMs + 1
  let after = start
  for (;;) {
    if (after && isOver()) return { parts, stoppedAt: after }
    const places = await run.world.store.watched({ until, limit: LIMITS.sweepPageCount, ...defined({ after }) })
    const due = places.filter(({ at }) => hasMoment(at, interval))
    for (const [tenant, found] of Map.groupBy(due, (place) => place.tenant))
      parts.push({
        ...(await guarded(run.world, { tenant }, () => repairAll(run, tenant, found, interval))),
        examined: found.length,
      })
    const last = places.at(-1)
    if (!last || places.length < LIMITS.sweepPageCount) return { parts }
    after = nextStart(last, interval)
  }
}

const repairAll = async (
  run: SweepRun,
  tenant: string,
  places: readonly WatchPlace[],
  interval: Interval,
): Promise<SweepResult> => {
  const rows = await rowsAt(run, tenant, places)
  const overdue = rows.flatMap((row) => {
    const due = overdueOf(row)
    return due !== undefined && hasMoment(due, interval) ? [{ row, due }] : []
  })
  return sumOf(await sideBySide(overdue, LIMITS.commandParallelCount, ({ row, due }) => repairOne(run, row, due)))
}

/** Where the walk continues after a place: there, or at the next time that has a moment in the interval. */
const nextStart = (place: WatchPlace, interval: Interval): WatchPlace => {
  const at = nextWithMoment(place.at, interval)
  return at > place.at ? { ...place, at, tenant: '', id: '' } : place
}

/** The rows of one tenant at these places: tasks in one request, other kinds one by one, because few of them are overdue. */
const rowsAt = async ({ world }: SweepRun, tenant: string, places: readonly WatchPlace[]): Promise<readonly Row[]> => {
  const [tasks, others] = [places.filter(isTask), places.filter((place) => !isTask(place))]
  const rows = [
    ...(await world.store.getTasks(
      tenant,
      tasks.map(({ id }) => id),
    )),
    ...(await Promise.all(others.map(({ kind, id }) => world.store.get({ kind, tenant, id })))),
  ]
  return rows.filter((row) => row !== undefined)
}

const isTask = ({ kind }: WatchPlace): boolean => kind === 'task'

/** The repair moments after `from`, up to and including `to`. Each sweep takes the moments since the last one, so each moment has one sweep. */
export type Interval = { readonly from: Instant; readonly to: Instant }

/**
 * Has a row that was due at `due` a repair moment in this interval? Its moments come 2, 4, 8, 16 and 32 minutes after it was
 * due, and every 32 minutes after that. A lost wake-up is repaired at the first moment. Rows that are overdue although nothing
 * was lost, in a backlog or at a paused gate, are looked at more and more rarely.
 *
 * @example hasMoment(0, { from: 5 * MINUTE, to: 10 * MINUTE }) // true: the moment at 8 minutes
 */
export const hasMoment = (due: Instant, { from, to }: Interval): boolean => lastMoment(to - due) > from - due

/**
 * The first due time at or after `due` that has a moment in the interval. Rows that were due between the two need not be read,
 * so tasks that wait correctly for hours, as in a long pause, do not slow down the walk.
 *
 * @param due at least `LIMITS.sweepGraceMs` before `to`
 */
export const nextWithMoment = (due: Instant, { from, to }: Interval): Instant =>
  Math.max(due, to - lastMoment(to - due) - (to - from) + 1)

/** The last repair moment at or before this delay; -Infinity before the first one. */
const lastMoment = (overdueMs: DurationMs): DurationMs => {
  const units = overdueMs / LIMITS.sweepGraceMs
  if (units < 1) return Number.NEGATIVE_INFINITY
  const momentUnits = units < STEADY_UNITS ? 2 ** Math.floor(Math.log2(units)) : STEADY_UNITS * Math.floor(units / STEADY_UNITS)
  return momentUnits * LIMITS.sweepGraceMs
}

const STEADY_UNITS = 16
