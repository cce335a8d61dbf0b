import { LIMITS } from '../limits.ts'
import { DAY_MS, type Local, localOf, startOfDay } from './local.ts'
import { FREQUENCIES, type Frequency, type Rule } from './rule.ts'

/*
 * The times of a rule of RFC 5545. The calendar is divided into periods of the frequency, numbered from that of the start. Every
 * `interval`th period has a set of times: its days that pass all filters, times the times of the day, of which BYSETPOS selects.
 * So a search begins in the period of its time, however far away the start is.
 */
const MS = { SECONDLY: 1_000, MINUTELY: 60_000, HOURLY: 3_600_000, DAILY: DAY_MS, WEEKLY: 7 * DAY_MS } as const

const isFinerThan = (a: Frequency, b: Frequency): boolean => FREQUENCIES.indexOf(a) < FREQUENCIES.indexOf(b)

/** What a rule does not say is taken from its start. Source: RFC 5545, section 3.3.10. */
export const withDefaults = (rule: Rule, start: Local): Rule => {
  const { freq, months, weekNumbers, yearDays, monthDays, weekdays, hours, minutes, seconds } = rule
  const date = new Date(start)
  const hasDays = Boolean(yearDays || monthDays || weekdays)
  const weekday = !hasDays && (freq === 'WEEKLY' || weekNumbers !== undefined)
  const day = !hasDays && !weekNumbers && (freq === 'MONTHLY' || freq === 'YEARLY')
  const month = day && freq === 'YEARLY' && !months
  return {
    ...rule,
    ...(month ? { months: [date.getUTCMonth() + 1] } : {}),
    ...(day ? { monthDays: [date.getUTCDate()] } : {}),
    ...(weekday ? { weekdays: [{ weekday: date.getUTCDay() }] } : {}),
    ...(hours || !isFinerThan('HOURLY', freq) ? {} : { hours: [date.getUTCHours()] }),
    ...(minutes || !isFinerThan('MINUTELY', freq) ? {} : { minutes: [date.getUTCMinutes()] }),
    ...(seconds || !isFinerThan('SECONDLY', freq) ? {} : { seconds: [date.getUTCSeconds()] }),
  }
}

const startOfWeek = (local: Local, weekStart: number): Local => {
  const day = startOfDay(local)
  return day - ((new Date(day).getUTCDay() - weekStart + 7) % 7) * DAY_MS
}

/** The number of the period of a time; the period of the start of the epoch has some fixed number. */
const periodOf = ({ freq, weekStart }: Rule, local: Local): number => {
  const date = new Date(local)
  if (freq === 'YEARLY') return date.getUTCFullYear()
  if (freq === 'MONTHLY') return date.getUTCFullYear() * 12 + date.getUTCMonth()
  if (freq === 'WEEKLY') return Math.floor((startOfWeek(local, weekStart) - startOfWeek(0, weekStart)) / MS.WEEKLY)
  return Math.floor(local / MS[freq])
}

/** The first moment of a period. */
const startOfPeriod = ({ freq, weekStart }: Rule, period: number): Local => {
  if (freq === 'YEARLY') return localOf(period, 1, 1)
  if (freq === 'MONTHLY') return localOf(Math.floor(period / 12), (period % 12) + 1, 1)
  if (freq === 'WEEKLY') return startOfWeek(0, weekStart) + period * MS.WEEKLY
  return period * MS[freq]
}

/** How many periods a search may still look at. */
export type Budget = { periods: number }

/**
 * The first time of a rule after a time; undefined when there is none within `LIMITS.rruleYearsCount` years, or within the budget.
 *
 * @param rule with its defaults
 */
export const nextOfRule = (
  rule: Rule,
  start: Local,
  after: Local,
  budget: Budget = { periods: LIMITS.rrulePeriodsCount },
): Local | undefined => {
  const from = Math.max(start, after + 1)
  const first = periodOf(rule, start)
  // The first period of the rule that is not before this one.
  const aligned = (period: number) => first + Math.ceil(Math.max(0, period - first) / rule.interval) * rule.interval
  const lastYear = new Date(from).getUTCFullYear() + LIMITS.rruleYearsCount
  // A period that began before `from` can still hold later times.
  let period = aligned(periodOf(rule, from))
  for (; budget.periods > 0; budget.periods--) {
    const begin = startOfPeriod(rule, period)
    if (!(new Date(begin).getUTCFullYear() <= lastYear)) return undefined
    const until = emptyUntil(rule, begin)
    const time = until === undefined ? firstIn(rule, begin, from) : undefined
    if (time !== undefined) return time
    period = aligned(Math.max(period + 1, until === undefined ? 0 : periodOf(rule, until)))
  }
  return undefined
}

/** The end of the month, day, hour or minute that passes no filter, for a period within it; undefined when all pass. */
const emptyUntil = (rule: Rule, begin: Local): Local | undefined => {
  const { freq, months, hours, minutes } = rule
  if (!isFinerThan(freq, 'WEEKLY')) return undefined
  const date = new Date(begin)
  if (months && !months.includes(date.getUTCMonth() + 1)) return startOfNextMonth(date)
  if (freq === 'DAILY') return undefined
  if (!isDay(rule, begin)) return startOfDay(begin) + DAY_MS
  if (hours && !hours.includes(date.getUTCHours())) return Math.floor(begin / MS.HOURLY + 1) * MS.HOURLY
  const isMinute = freq === 'HOURLY' || !minutes || minutes.includes(date.getUTCMinutes())
  return isMinute ? undefined : Math.floor(begin / MS.MINUTELY + 1) * MS.MINUTELY
}

const startOfNextMonth = (date: Date): Local => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1)

/** The first time of the period that begins then, at or after `from`. */
const firstIn = (rule: Rule, begin: Local, from: Local): Local | undefined => {
  if (rule.positions) return selectedIn(rule, begin, rule.positions).find((time) => time >= from)
  // A year can have millions of times: only those of the first day with a later one are looked at.
  for (const day of stretchesIn(rule, begin, from)) {
    const time = timesOn(rule, day, from).next()
    if (!time.done) return time.value
  }
  return undefined
}

/** The times of a period that BYSETPOS selects, in order. */
const selectedIn = (rule: Rule, begin: Local, positions: readonly number[]): readonly Local[] => {
  const all = [...stretchesIn(rule, begin, begin)].flatMap((day) => [...timesOn(rule, day, begin)])
  const selected = positions.map((position) => all.at(position > 0 ? position - 1 : position))
  return [...new Set(selected.filter((time) => time !== undefined))].sort((a, b) => a - b)
}

/** The days of a period that pass all filters, from the day of a time on; a period of less than a day itself. */
const stretchesIn = function* (rule: Rule, begin: Local, from: Local): Generator<Local> {
  const { freq, months } = rule
  if (isFinerThan(freq, 'DAILY')) {
    yield begin
    return
  }
  const end = freq === 'DAILY' ? begin + DAY_MS : startOfPeriod(rule, periodOf(rule, begin) + 1)
  for (let day = Math.max(begin, startOfDay(from)); day < end; ) {
    const date = new Date(day)
    const isEmpty = months && !months.includes(date.getUTCMonth() + 1)
    if (!isEmpty && isDay(rule, day)) yield day
    day = isEmpty ? startOfNextMonth(date) : day + DAY_MS
  }
}

/** The times of a day, or of a period of less than a day, from a time on. */
const timesOn = function* (rule: Rule, start: Local, from: Local): Generator<Local> {
  const { freq, hours = [], minutes = [], seconds = [] } = rule
  if (freq === 'SECONDLY') {
    if (start >= from && (!rule.seconds || seconds.includes(new Date(start).getUTCSeconds()))) yield start
    return
  }
  // What the period itself says is not said again.
  for (const hour of isFinerThan(freq, 'DAILY') ? [0] : hours) {
    const inHour = start + hour * MS.HOURLY
    if (inHour + MS.HOURLY <= from) continue
    for (const minute of freq === 'MINUTELY' ? [0] : minutes) {
      const inMinute = inHour + minute * MS.MINUTELY
      for (const second of seconds) if (inMinute + second * 1_000 >= from) yield inMinute + second * 1_000
    }
  }
}

/** The days of the longest period of each frequency. */
const DAYS: Readonly<Partial<Record<Frequency, number>>> = { YEARLY: 366, MONTHLY: 31, WEEKLY: 7 }

/** The most times that a period of a rule can have. */
export const mostTimesOf = ({ freq, hours, minutes, seconds }: Rule): number =>
  [hours, minutes, seconds].reduce((product, list) => product * (list?.length ?? 1), DAYS[freq] ?? 1)

/** Does a day pass all filters of a rule? */
const isDay = (rule: Rule, local: Local): boolean => {
  const { freq, months, weekNumbers, yearDays, monthDays, weekdays, weekStart } = rule
  const date = new Date(local)
  const month = date.getUTCMonth() + 1
  if (months && !months.includes(month)) return false
  const weekday = date.getUTCDay()
  if (weekdays && !weekdays.some((it) => it.weekday === weekday)) return false
  const year = date.getUTCFullYear()
  const day = date.getUTCDate()
  const monthLength = new Date(Date.UTC(year, month, 0)).getUTCDate()
  if (monthDays && !monthDays.includes(day) && !monthDays.includes(day - monthLength - 1)) return false
  if (!yearDays && !weekNumbers && !weekdays) return true
  const yearDay = dayOfYear(local)
  const yearLength = dayOfYear(localOf(year, 12, 31))
  if (yearDays && !yearDays.includes(yearDay) && !yearDays.includes(yearDay - yearLength - 1)) return false
  if (weekNumbers && !isInWeek(weekNumbers, local, weekStart)) return false
  // A number before a weekday counts within the month, and within the year for YEARLY without BYMONTH.
  const [place, length] = freq === 'YEARLY' && !months ? [yearDay, yearLength] : [day, monthLength]
  const nth = Math.ceil(place / 7)
  const nthLast = -Math.ceil((length - place + 1) / 7)
  return (
    !weekdays || weekdays.some((it) => it.weekday === weekday && (it.nth === undefined || it.nth === nth || it.nth === nthLast))
  )
}

const dayOfYear = (local: Local): number => (startOfDay(local) - localOf(new Date(local).getUTCFullYear(), 1, 1)) / DAY_MS + 1

/** Is a day in one of these weeks? The first week of a year is the first with four days in it, so 28 December is in the last. */
const isInWeek = (weekNumbers: readonly number[], local: Local, weekStart: number): boolean => {
  const numberOf = (day: Local) => Math.ceil(dayOfYear(startOfWeek(day, weekStart) + 3 * DAY_MS) / 7)
  const number = numberOf(local)
  const year = new Date(startOfWeek(local, weekStart) + 3 * DAY_MS).getUTCFullYear()
  return weekNumbers.includes(number) || weekNumbers.includes(number - numberOf(localOf(year, 12, 28)) - 1)
}
