import type { Route } from './route.ts'

/** Calendars: named lists of dates, for the exclusions of series. */
export const calendarRoutes = [
  {
    operationId: 'listCalendars',
    method: 'GET',
    path: '/v1/calendars',
    scope: 'carillon/read',
    summary: 'List the calendars by name.',
  },
  {
    operationId: 'getCalendar',
    method: 'GET',
    path: '/v1/calendars/{name}',
    scope: 'carillon/read',
    summary: 'Get a calendar with its dates.',
  },
  {
    operationId: 'putCalendar',
    method: 'PUT',
    path: '/v1/calendars/{name}',
    scope: 'carillon/write',
    summary: 'Create a calendar, or replace all its dates.',
  },
  {
    operationId: 'deleteCalendar',
    method: 'DELETE',
    path: '/v1/calendars/{name}',
    scope: 'carillon/write',
    summary: 'Delete a calendar. A series that names it then has no excluded dates from it.',
  },
] as const satisfies readonly Route[]
