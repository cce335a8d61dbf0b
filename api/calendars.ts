import { type CalendarRow, calendarKey, noCalendar } from '../core/calendar/row.ts'
import { CALENDAR_NAME } from '../core/reading/names.ts'
import { read } from '../core/reading/read.ts'
import { calendarNameField } from '../core/recurrence/exclusion.ts'
import { isRefusal, type Refusal } from '../core/refusal.ts'
import { apply } from '../engine/apply.ts'
import { type Call, endpoint } from './http/endpoint.ts'
import { readPage } from './http/pagination.ts'
import { calendarOf, calendarPage, calendarRequest, calendarSummaryOf, calendarView } from './schemas/calendar.ts'
import { pageQuery } from './schemas/queries.ts'
import { stampOf } from './tasks/commands.ts'

/** `GET /v1/calendars`: the calendars of the tenant, by name. */
export const listCalendars = endpoint({
  query: pageQuery,
  answers: { 200: calendarPage },
  run: async (call) => {
    const { world, caller } = call
    const list = { list: 'calendars', tenant: caller.tenant, id: caller.tenant } as const
    const page = await readPage(world.store, list, { ...call.query, order: 'earliest' })
    if (isRefusal(page)) return page
    const rows = await Promise.all(page.entries.map(({ value }) => loadCalendar({ world, caller, id: String(value) })))
    return { status: 200, body: { items: rows.flatMap((row) => (isRefusal(row) ? [] : [calendarSummaryOf(row)])), ...page.next } }
  },
})

/** `GET /v1/calendars/{name}` */
export const getCalendar = endpoint({
  answers: { 200: calendarView },
  run: async (call) => {
    const row = await loadCalendar(call)
    return isRefusal(row) ? row : { status: 200, body: calendarOf(row) }
  },
})

/** `PUT /v1/calendars/{name}`. A repeated request changes nothing and gets the same answer. */
export const putCalendar = endpoint({
  body: calendarRequest,
  answers: { 200: calendarView, 201: calendarView },
  run: async (call) => {
    const name = read(calendarNameField, call.id, '/path/name')
    if (isRefusal(name)) return name
    const command = { name: 'define', ...stampOf(call), dates: call.body.dates } as const
    const done = await apply(call.world, calendarKey(call.caller.tenant, call.id), () => command)
    if (isRefusal(done)) {
      const row = done.refused === 'unchanged' ? await loadCalendar(call) : done
      return isRefusal(row) ? row : { status: 200, body: calendarOf(row) }
    }
    const isNew = done.before === undefined || done.before.deleted === true
    return {
      status: isNew ? 201 : 200,
      headers: isNew ? { location: `/v1/calendars/${call.id}` } : {},
      body: calendarOf(done.after),
    }
  },
})

/** `DELETE /v1/calendars/{name}` */
export const deleteCalendar = endpoint({
  answers: { 204: undefined },
  run: async (call) => {
    if (!CALENDAR_NAME.test(call.id)) return noCalendar()
    const command = { name: 'delete', ...stampOf(call), retentionMs: call.app.retentionMs } as const
    const done = await apply(call.world, calendarKey(call.caller.tenant, call.id), () => command)
    return isRefusal(done) ? done : { status: 204 }
  },
})

/** Loads the calendar whose name is in the path. */
const loadCalendar = async ({ world, caller, id }: Pick<Call, 'world' | 'caller' | 'id'>): Promise<CalendarRow | Refusal> => {
  const row = CALENDAR_NAME.test(id) ? await world.store.get(calendarKey(caller.tenant, id)) : undefined
  return row && !row.deleted ? row : noCalendar()
}
