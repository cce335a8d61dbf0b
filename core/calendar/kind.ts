import { auditEffect, isPerson } from '../audit.ts'
import type { Effect } from '../row/effect.ts'
import { defineKind } from '../row/kind.ts'
import { type CalendarCommand, type CalendarRow, decideCalendar } from './row.ts'

/** Effects of a change of a calendar: a new one is listed, and every command goes to the audit. */
const calendarConsequences = (before: CalendarRow | undefined, after: CalendarRow | undefined): readonly Effect[] => {
  if (!after) return []
  const { tenant, id, version, updatedAt: at, updatedBy: by, command } = after
  // The entry stays when the calendar is deleted; the list leaves out what it does not find.
  const entry: Effect = {
    kind: 'appendEntries',
    list: { list: 'calendars', tenant, id: tenant },
    entries: [{ at: id, value: id }],
  }
  return [...(before ? [] : [entry]), ...(isPerson(by) ? [auditEffect(tenant, version, { at, by, command, calendar: id })] : [])]
}

/** A named list of dates of a tenant. */
export const calendarKind = defineKind<CalendarRow, CalendarCommand>({
  decide: decideCalendar,
  consequences: calendarConsequences,
  lists: ['calendars'],
})
