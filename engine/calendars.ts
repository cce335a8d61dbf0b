import { calendarKey } from '../core/calendar/row.ts'
import type { Calendars } from '../core/recurrence/exclusion.ts'
import type { Store } from './world.ts'

/**
 * Reads the calendars that a schedule names. One that does not exist, or was deleted, has no dates.
 *
 * @example await loadCalendars(store, 'acme', ['de-holidays']) // { 'de-holidays': [{ date: '2026-12-25', name: 'Christmas Day' }] }
 */
export const loadCalendars = async (
  store: Pick<Store, 'get'>,
  tenant: string,
  names: readonly string[] = [],
): Promise<Calendars> => {
  const rows = await Promise.all(names.map((name) => store.get(calendarKey(tenant, name))))
  return Object.fromEntries(names.map((name, index) => [name, rows[index]?.dates ?? []]))
}
