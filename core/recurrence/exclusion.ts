// biome-ignore-all lint/suspicious/noThenProperty: `then` is a text here, so the object is no promise
import * as z from 'zod'
import type { DurationMs } from '../duration.ts'
import { LIMITS } from '../limits.ts'
import { show } from '../reading/messages.ts'
import { CALENDAR_NAME } from '../reading/names.ts'
import {
  type ClockTime,
  clockTimeField,
  endTimeField,
  parseEndTime,
  WEEKDAYS,
  type Weekday,
  weekdaysField,
} from './clock-time.ts'
import { DAY_MS, type Local, showLocal, startOfDay } from './local.ts'

/** A date such as `"2026-12-25"`. */
export type DateText = string

/** A date of a holiday list, with the name of the holiday if it has one. */
export type CalendarDate = { readonly date: DateText; readonly name?: string | undefined }

/** The holiday lists of a tenant that a schedule names. A missing one has no dates. */
export type Calendars = Readonly<Record<string, readonly CalendarDate[]>>

/**
 * When nothing starts: on dates, at hours of the week, and on the dates of holiday lists; by the clock of the series' zone.
 *
 * `then` says what becomes of an occurrence at such a time: `skip` (default) leaves it out, `next` moves it. From an excluded date it
 * moves to the same time of the next date, from excluded hours to the first time outside them, until it is allowed. An occurrence that would move to the
 * time of the next one, or beyond, is left out, so that a daily series runs once after its holidays.
 */
export type Exclusion = {
  readonly dates?: readonly DateText[] | undefined
  readonly hours?: readonly ExcludedHours[] | undefined
  readonly calendars?: readonly string[] | undefined
  readonly then?: 'skip' | 'next' | undefined
}

/** Hours of the week: `from` is in, `to` is not. With `to` not after `from` they end on the next day; the weekday is that of `from`. */
export type ExcludedHours = {
  /** @default every day */
  readonly weekdays?: readonly Weekday[] | undefined
  readonly from: ClockTime
  readonly to: ClockTime
}

const DATE = /^\d{4}-\d{2}-\d{2}$/

/** Is this text a date that exists? */
const isDate = (text: string): boolean =>
  DATE.test(text) && !Number.isNaN(Date.parse(text)) && new Date(text).toISOString().startsWith(text)

/** The written form of a date. */
export const dateField = z
  .string()
  .refine(isDate, { error: ({ input }) => `${show(input)}; it must be a date that exists, such as "2026-12-25"` })
  .meta({ format: 'date', examples: ['2026-12-25'] })

/** The name of a holiday list. */
export const calendarNameField = z.string().regex(CALENDAR_NAME, {
  error: ({ input }) =>
    `${show(input)}; it must be 1 to ${LIMITS.calendarNameCount} characters of a-z, A-Z, 0-9, dot, dash and underscore, and start with a letter or digit`,
})

const hoursField = z.strictObject({
  weekdays: weekdaysField.optional().meta({ description: 'The days on which these hours begin. Default: every day.' }),
  from: clockTimeField,
  to: endTimeField.meta({ description: 'The end, which is not excluded. One not after from is on the next day.' }),
})

/** The written form of an exclusion. */
export const exclusionField = z
  .strictObject({
    dates: z.array(dateField).max(LIMITS.excludedDatesCount).optional().meta({
      description: 'Dates without an occurrence. Longer lists, and lists of several series, are calendars.',
    }),
    hours: z.array(hoursField).max(LIMITS.excludedHoursCount).optional().meta({
      description: 'Hours of the week in which nothing starts.',
    }),
    calendars: z
      .array(calendarNameField)
      .max(LIMITS.excludedCalendarsCount)
      .optional()
      .meta({
        description: 'Holiday lists of the tenant (PUT /v1/calendars/{name}), on whose dates nothing starts.',
        examples: [['de-holidays']],
      }),
    then: z.enum(['skip', 'next']).optional().meta({
      default: 'skip',
      description: 'skip: the occurrence is left out. next: it moves to the first allowed time.',
    }),
  })
  .superRefine(({ hours = [] }, context) => {
    if (hours.length > 0 && isWholeWeek(hours))
      context.addIssue({
        code: 'custom',
        path: ['hours'],
        message: 'these hours are the whole week; nothing could ever start',
        input: hours,
      })
  })

/** Why a local time is excluded, and the end of that exclusion. */
export type Excluded = { readonly code: 'holiday' | 'hours'; readonly message: string; readonly next: Local }

/** The exclusion of a time on the clock; undefined if it is allowed. */
export const excludedAt = (exclusion: Exclusion, calendars: Calendars, local: Local): Excluded | undefined => {
  const date = showLocal(local).slice(0, 10)
  const listed = listing(exclusion, calendars, date)
  if (listed !== undefined) return { code: 'holiday', message: `${date} is excluded${listed}`, next: local + DAY_MS }
  const hours = exclusion.hours?.find((it) => endOf(it, local) !== undefined)
  if (!hours) return undefined
  const { weekdays, from, to } = hours
  const days = weekdays ? ` of ${weekdays.join(', ')}` : ''
  return {
    code: 'hours',
    message: `the hours from ${from} to ${to}${days} are excluded`,
    next: endOfAll(exclusion.hours ?? [], local),
  }
}

/** What lists a date, as the end of a sentence; undefined if nothing does. */
const listing = ({ dates = [], calendars: names = [] }: Exclusion, calendars: Calendars, date: DateText): string | undefined => {
  if (dates.includes(date)) return ''
  for (const name of names) {
    const found = calendars[name]?.find((it) => it.date === date)
    if (found) return ` by calendar ${name}${found.name === undefined ? '' : ` (${found.name})`}`
  }
  return undefined
}

/** The end of the excluded hours that a time is in: they began on its day, or on the day before. Undefined if it is in none. */
const endOf = (hours: ExcludedHours, local: Local): Local | undefined => {
  const { weekdays = WEEKDAYS } = hours
  const [from, to] = boundsOf(hours)
  return [startOfDay(local), startOfDay(local) - DAY_MS]
    .filter((day) => weekdays.includes(WEEKDAYS[(day / DAY_MS + 3) % 7] as Weekday) && local >= day + from && local < day + to)
    .map((day) => day + to)[0]
}

/** The first time that none of the hours excludes. They are not the whole week, so there is one. */
const endOfAll = (hours: readonly ExcludedHours[], local: Local): Local => {
  const ends = hours.flatMap((it) => endOf(it, local) ?? [])
  return ends.length === 0 ? local : endOfAll(hours, Math.max(...ends))
}

const boundsOf = ({ from, to }: ExcludedHours): readonly [DurationMs, DurationMs] => {
  const [begin, end] = [parseEndTime(from) ?? 0, parseEndTime(to) ?? 0]
  return [begin, end > begin ? end : end + DAY_MS]
}

/** Some Monday. */
const MONDAY = 4 * DAY_MS

/** Do these hours leave no time of the week? A time that is left begins at the end of some of them. */
const isWholeWeek = (hours: readonly ExcludedHours[]): boolean =>
  hours.every((it) =>
    (it.weekdays ?? WEEKDAYS).every((weekday) => {
      const end = MONDAY + WEEKDAYS.indexOf(weekday) * DAY_MS + boundsOf(it)[1]
      return hours.some((other) => endOf(other, end) !== undefined)
    }),
  )

/**
 * The first allowed time from an excluded one on; undefined if a search of `LIMITS.exclusionStepsCount` steps finds none.
 *
 * @example nextAllowed({ dates: ['2026-12-25'] }, {}, localOf(2026, 12, 25, 9)) // 26 December 2026, 9:00
 */
export const nextAllowed = (exclusion: Exclusion, calendars: Calendars, local: Local): Local | undefined => {
  let at = local
  for (let steps = 0; steps < LIMITS.exclusionStepsCount; steps++) {
    const excluded = excludedAt(exclusion, calendars, at)
    if (!excluded) return at
    at = excluded.next
  }
  return undefined
}
