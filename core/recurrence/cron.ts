import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { show } from '../reading/messages.ts'
import { DIALECTS, type Fault, numberOf, valuesOf } from './cron-fields.ts'
import type { Recurring } from './form.ts'
import { DAY_MS, type Local, localOf, startOfDay } from './local.ts'

/**
 * `{cron: "0 9 * * 1-5"}`: five fields by the rules of Vixie cron; `{cron: "0 9 ? * MON-FRI *"}`: six fields by the rules of
 * EventBridge Scheduler.
 */
export type Cron = { readonly cron: string }

/** The written form of a cron expression. */
export const cronField = z
  .string()
  .max(LIMITS.cronCount)
  .superRefine((text, context) => {
    const fault = faultIn(text)
    if (fault !== undefined) context.addIssue({ code: 'custom', message: fault, input: text })
  })
  .meta({
    description:
      'Five fields (minute, hour, day of month, month, day of week) as in Vixie cron, or six (with the year) as in EventBridge Scheduler.',
    examples: ['0 9 ? * MON-FRI *', '0 9 * * 1-5'],
  })

/** The occurrences of a cron expression. @throws TypeError when it is none; `cronField` has refused it before */
export const recurByCron = ({ cron }: Cron): Recurring => {
  const pattern = patternOf(cron)
  if ('fault' in pattern) throw new TypeError(`the cron expression ${show(cron)}: ${pattern.fault}`)
  return { sort: 'wallClock', nextLocal: (after) => search(pattern, after), everyPass: pattern.everyPass }
}

/** What is wrong with an expression; undefined when nothing is. One that matches no day at all is wrong too. */
const faultIn = (text: string): string | undefined => {
  const pattern = patternOf(text)
  if ('fault' in pattern) return pattern.fault
  const start = localOf((pattern.years?.[0] ?? 2_000) - 1, 12, 31)
  return search(pattern, start) === undefined ? `${show(text)} matches no day of any year` : undefined
}

/** A day of the calendar, as the rules of the day fields see it. */
type Day = {
  /** 1 to 31. */
  readonly day: number
  /** 0 (Sunday) to 6. */
  readonly weekday: number
  /** The number of days in its month. */
  readonly length: number
}

type Pattern = {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly months: readonly number[]
  /** Absent: every year. */
  readonly years?: readonly number[]
  readonly isDay: (day: Day) => boolean
  readonly everyPass: boolean
}

/** The first time of a pattern after a time. Days are searched month by month, and times within the day. */
const search = ({ minutes, hours, months, years, isDay }: Pattern, after: Local): Local | undefined => {
  const start = Math.floor(after / 60_000) * 60_000 + 60_000
  const today = startOfDay(start)
  const from = new Date(today)
  const timeOn = (day: Local): Local | undefined => {
    for (const hour of hours) {
      if (day + hour * 3_600_000 + 3_540_000 < start) continue
      for (const minute of minutes) {
        const time = day + hour * 3_600_000 + minute * 60_000
        if (time >= start) return time
      }
    }
    return undefined
  }
  const fromYear = from.getUTCFullYear()
  const fromMonth = from.getUTCMonth() + 1
  const range = years ?? Array.from({ length: LIMITS.cronYearsCount }, (_, index) => fromYear + index)
  for (const year of range) {
    if (year < fromYear) continue
    for (const month of months) {
      if (year === fromYear && month < fromMonth) continue
      const first = localOf(year, month, 1)
      const length = (localOf(year, month + 1, 1) - first) / DAY_MS
      const firstWeekday = new Date(first).getUTCDay()
      for (let day = Math.max(1, (today - first) / DAY_MS + 1); day <= length; day++) {
        if (!isDay({ day, weekday: (firstWeekday + day - 1) % 7, length })) continue
        const time = timeOn(first + (day - 1) * DAY_MS)
        if (time !== undefined) return time
      }
    }
  }
  return undefined
}

const patternOf = (text: string): Pattern | Fault => {
  const parts = text.trim().split(/\s+/)
  if (parts.length === 5) return vixie(parts)
  if (parts.length === 6) return eventBridge(parts)
  const fields = parts.length === 1 ? 'one field' : `${parts.length} fields`
  return {
    fault: `${show(text)} has ${fields}; it must have five (minute, hour, day of month, month, day of week) or six (with the year)`,
  }
}

/**
 * Five fields. Where both day fields are restricted, a day that matches one of them is enough. A field that begins with `*` is not
 * restricted: both must match then, so a step such as every second day narrows the weekday. A `*` in minute or hour makes a job
 * that runs through both passes of a repeated hour; a job at fixed times runs once. Source: ISC cron 4.1, `entry.c`, `cron.c`.
 */
const vixie = (parts: readonly string[]): Pattern | Fault => {
  const lists: (readonly number[])[] = []
  for (const [index, field] of DIALECTS.vixie.entries()) {
    const values = valuesOf(field, parts[index] ?? '', 'vixie')
    if ('fault' in values) return values
    lists.push(values)
  }
  const [minutes = [], hours = [], days = [], months = [], weekdays = []] = lists
  const [minute, hour, day, , weekday] = parts.map((part) => part.startsWith('*'))
  const isDate: DayRule = (it) => days.includes(it.day)
  const isWeekday: DayRule = (it) => weekdays.includes(it.weekday) || (it.weekday === 0 && weekdays.includes(7))
  return {
    minutes,
    hours,
    months,
    isDay: day || weekday ? (it) => isDate(it) && isWeekday(it) : (it) => isDate(it) || isWeekday(it),
    everyPass: minute === true || hour === true,
  }
}

/** Six fields: exactly one of the two day fields is `?`. Source: EventBridge Scheduler user guide, *Schedule types*. */
const eventBridge = (parts: readonly string[]): Pattern | Fault => {
  const [, , day = '', , weekday = ''] = parts
  if (day !== '?' && weekday !== '?')
    return {
      fault: `day of month is ${show(day)} and day of week is ${show(weekday)}; with six fields one of them must be "?"`,
    }
  if (day === '?' && weekday === '?') return { fault: 'day of month and day of week are both "?"; one of them must have a value' }
  const isDay = day === '?' ? weekdayRule(weekday) : dateRule(day)
  if ('fault' in isDay) return isDay
  const lists: (readonly number[])[] = []
  for (const [index, field] of DIALECTS.eventBridge.entries()) {
    const isDayField = field.name === 'day of month' || field.name === 'day of week'
    const values = isDayField ? [] : valuesOf(field, parts[index] ?? '', 'eventBridge')
    if ('fault' in values) return values
    lists.push(values)
  }
  const [minutes = [], hours = [], , months = [], , years = []] = lists
  return { minutes, hours, months, years, isDay, everyPass: false }
}

type DayRule = (day: Day) => boolean

const [, , DATE, , WEEKDAY] = DIALECTS.eventBridge

/** `L` (the last day), `LW` (the last weekday), `15W` (the weekday that is nearest to the 15th, in the same month), or days. */
const dateRule = (text: string): DayRule | Fault => {
  const upper = text.toUpperCase()
  if (upper === 'L') return ({ day, length }) => day === length
  if (upper === 'LW') return (it) => isNearestTo(it, it.length)
  const [, nearest] = /^(\d{1,2})W$/.exec(upper) ?? []
  if (nearest !== undefined && numberOf(DATE, nearest) !== undefined) return (it) => isNearestTo(it, Number(nearest))
  const days = valuesOf(DATE, text, 'eventBridge', ', L, LW, or a day with W')
  return 'fault' in days ? days : ({ day }) => days.includes(day)
}

/** Is a day the weekday nearest to a date? A Saturday moves to Friday, a Sunday to Monday, but never into another month. */
const isNearestTo = ({ day, weekday, length }: Day, date: number): boolean => {
  if (date > length) return false
  const wanted = (weekday + date - day + 35) % 7
  const moved = wanted === 6 ? (date === 1 ? 2 : -1) : wanted === 0 ? (date === length ? -2 : 1) : 0
  return day === date + moved
}

/** `L` (Saturday), `6L` or `FRIL` (the last Friday), `6#3` or `FRI#3` (the third Friday), or weekdays. */
const weekdayRule = (text: string): DayRule | Fault => {
  const upper = text.toUpperCase()
  if (upper === 'L') return ({ weekday }) => weekday === 6
  const [, name = '', last, nth] = /^([A-Z]{3}|\d)(?:(L)|#([1-5]))$/.exec(upper) ?? []
  const wanted = numberOf(WEEKDAY, name)
  if (wanted !== undefined)
    return ({ day, weekday, length }) => weekday === wanted - 1 && (last ? day > length - 7 : Math.ceil(day / 7) === Number(nth))
  const weekdays = valuesOf(WEEKDAY, text, 'eventBridge', ', L, a weekday with L, or with # and 1-5')
  return 'fault' in weekdays ? weekdays : ({ weekday }) => weekdays.includes(weekday + 1)
}
