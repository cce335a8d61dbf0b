import { defined } from '../../core/defined.ts'
import type { Row } from '../../core/kinds.ts'
import { LIMITS } from '../../core/limits.ts'
import type { SweepApp } from '../app.ts'
import type { Needs } from '../needs.ts'
import type { WatchPlace } from '../world.ts'
import { guarded, repairableFrom, repairOne, repairsNow, type SweepResult, sumOf } from './repair.ts'

/**
 * Reads the watched wake-ups of all tenants up to `until`, and repairs the rows whose repair moment is now. The time of a
 * place is the time by which its row must change, so the places alone show which rows to read. The index is eventually
 * consistent: a row that has changed since is found by the next sweep.
 */
export const sweepWatched = async (world: Needs<'sweep'>, app: SweepApp, until: number): Promise<SweepResult> => {
  const now = until + LIMITS.sweepGraceMs
  const parts: SweepResult[] = []
  let after: WatchPlace | undefined
  for (let page = 0; page < LIMITS.watchPagesCount; page++) {
    const places = await world.store.watched({ until, limit: LIMITS.sweepPageCount, ...defined({ after }) })
    const due = places.filter(({ at }) => repairsNow(now - at))
    for (const [tenant, found] of Map.groupBy(due, (place) => place.tenant)) {
      const part = async () => {
        const rows = await rowsAt(world, tenant, found)
        return sumOf(await Promise.all(rows.map((row) => repairOne(world, app, row))))
      }
      parts.push({ ...(await guarded(world, { tenant }, part)), examined: found.length })
    }
    const last = places.at(-1)
    if (!last || places.length < LIMITS.sweepPageCount) break
    after = nextStart(last, now)
  }
  return sumOf(parts)
}

/** Where the walk continues after a place: there, or at the next time whose repair moment is now. */
const nextStart = (place: WatchPlace, now: number): WatchPlace => {
  const at = repairableFrom(place.at, now)
  return at > place.at ? { ...place, at, tenant: '', id: '' } : place
}

/** The rows of one tenant at these places: tasks in one request, other kinds one by one, because few of them are overdue. */
const rowsAt = async (world: Needs<'sweep'>, tenant: string, places: readonly WatchPlace[]): Promise<readonly Row[]> => {
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
