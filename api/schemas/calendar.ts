import * as z from 'zod'
import type { CalendarRow } from '../../core/calendar/row.ts'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { ONE_LINE } from '../../core/reading/names.ts'
import { type CalendarDate, dateField } from '../../core/recurrence/exclusion.ts'

const time = z.string().meta({ format: 'date-time' })
const holiday = z.string().min(1).max(LIMITS.holidayCount).regex(ONE_LINE)

const namedDate = z.strictObject({
  date: dateField,
  name: holiday.optional().meta({ examples: ['Christmas Day'] }),
})

/** The body of `PUT /v1/calendars/{name}`. It replaces all dates. */
export const calendarRequest = z
  .strictObject({
    dates: z
      .array(z.union([dateField, namedDate]))
      .max(LIMITS.calendarDatesCount)
      .transform((dates, context): readonly CalendarDate[] => {
        const read = dates.map((it) => (typeof it === 'string' ? { date: it } : it))
        const sorted = read.toSorted((a, b) => (a.date < b.date ? -1 : 1))
        const twice = sorted.find(({ date }, index) => date === sorted[index - 1]?.date)
        if (!twice) return sorted
        const path = [read.findLastIndex(({ date }) => date === twice.date)]
        context.addIssue({ code: 'custom', path, message: `${twice.date} is given twice; give each date once`, input: dates })
        return z.NEVER
      })
      .meta({
        description: 'Dates, each with a name or without one.',
        examples: [[{ date: '2026-12-25', name: 'Christmas Day' }, '2026-12-26']],
      }),
  })
  .meta({ id: 'DefineCalendar' })

const calendarSummary = z.object({ name: z.string(), count: z.int().meta({ description: 'Its dates.' }), updatedAt: time })

/** A calendar. */
export const calendarView = z
  .object({
    name: z.string(),
    dates: z.array(z.object({ date: z.string().meta({ format: 'date' }), name: z.string().optional() })),
    createdAt: time,
    updatedAt: time,
    updatedBy: z.string(),
    version: z.int(),
  })
  .meta({ id: 'Calendar' })

/** `GET /v1/calendars`: a page, by name. */
export const calendarPage = z
  .object({ items: z.array(calendarSummary), nextCursor: z.string().optional() })
  .meta({ id: 'CalendarPage' })

/** Builds the view of a calendar. */
export const calendarOf = ({ id, dates, createdAt, updatedAt, updatedBy, version }: CalendarRow) => ({
  name: id,
  dates,
  createdAt: iso(createdAt),
  updatedAt: iso(updatedAt),
  updatedBy,
  version,
})

/** Builds its entry in the list. */
export const calendarSummaryOf = ({ id, dates, updatedAt }: CalendarRow) => ({
  name: id,
  count: dates.length,
  updatedAt: iso(updatedAt),
})
