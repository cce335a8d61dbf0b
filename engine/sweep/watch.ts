import { overdueOf } from '../../core/consequences.ts'
import { defined } from '../../core/defined.ts'
import type { Row } from '../../core/kinds.ts'
import { LIMITS } from '../../core/limits.ts'
import type { SweepProgress } from '../../core/sweep/row.ts'
import { sideBySide } from '../side-by-side.ts'
import type { WatchPlace } from '../world.ts'
import { hasMoment, type Interval, nextWithMoment } from './moments.ts'
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
