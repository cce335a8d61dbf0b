import type { Calendars } from '../core/recurrence/next.ts'
import { isRefusal, type Refusal, refuse } from '../core/refusal.ts'
import type { Nudge } from '../core/row/nudge.ts'
import type { SeriesRow } from '../core/series/row.ts'
import { apply } from './apply.ts'
import { loadCalendars } from './calendars.ts'
import type { Needs } from './needs.ts'

/**
 * Wakes a series: the occurrences that are due start, wait, or are skipped. The relay creates their tasks from the change.
 *
 * @returns a refusal when nothing was to be done
 */
export const wakeSeries = async (world: Needs<'control'>, _: unknown, nudge: Nudge): Promise<Refusal | undefined> => {
  const { tenant, id, epoch } = nudge
  const key = { kind: 'series', tenant, id } as const
  const row = await world.store.get(key)
  if (row?.epoch !== epoch) return refuse('superseded', `series ${id} has another wake-up than the one of epoch ${epoch}`)
  const calendars = await calendarsOf(world, row)
  const done = await apply(
    world,
    key,
    () => ({ name: 'occur', at: world.clock.now(), by: 'system:series', epoch, calendars }),
    row,
  )
  return isRefusal(done) ? done : undefined
}

/** The calendars that the schedules of a series name. */
export const calendarsOf = (world: Reader, row: SeriesRow): Promise<Calendars> =>
  loadCalendars(world, row.tenant, schedulesOf(row))

/** The schedules by which a series makes its next occurrences. */
export const schedulesOf = ({ schedule, earlier = [] }: SeriesRow): readonly SeriesRow['schedule'][] => [
  schedule,
  ...earlier.map((it) => it.schedule),
]

type Reader = { readonly store: Pick<Needs<'control'>['store'], 'get'> }
