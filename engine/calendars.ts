import { calendarKey } from '../core/calendar/row.ts'
import type { Calendars } from '../core/recurrence/exclusion.ts'
import type { Schedule } from '../core/recurrence/schedule.ts'
import type { Store } from './world.ts'

/**
 * Reads the calendars that schedules name. One that does not exist, or was deleted, has no dates.
 *
 * @example await loadCalendars(world, 'acme', [schedule]) // { 'de-holidays': [{ date: '2026-12-25', name: 'Christmas Day' }] }
 */
export const loadCalendars = async (
  { store }: { readonly store: Pick<Store, 'get'> },
  tenant: string,
  schedules: readonly Pick<Schedule, 'exclude'>[],
): Promise<Calendars> => {
  const names = [...new Set(schedules.flatMap(({ exclude }) => exclude?.calendars ?? []))]
  const rows = await Promise.all(names.map((name) => store.get(calendarKey(tenant, name))))
  return Object.fromEntries(names.map((name, index) => [name, rows[index]?.dates ?? []]))
}
