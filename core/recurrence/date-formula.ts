import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { show } from '../reading/messages.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { type ClockTime, parseClockTime } from './clock-time.ts'
import type { Recurring, Setting } from './form.ts'
import { DAY_MS, type Local, localOf, startOfDay } from './local.ts'
import { toLocal } from './zone.ts'

/**
 * A date formula of Business Central as written, such as `"1D+CM"`: its terms are applied to a date, one after another.
 *
 * | term | with `+` or without a sign | with `-` |
 * |---|---|---|
 * | `10D` `2W` `3M` `1Q` `1Y` | so many days, weeks, months, quarters or years later | earlier |
 * | `CD` `CW` `CM` `CQ` `CY` | the last day of the current period | the first day of it |
 * | `D15` | the next 15th of a month | the one before |
 * | `WD4` | the next Thursday (`WD1` is Monday) | the one before |
 * | `W10` `M3` `Q2` `Y2030` | the first day of the next such week (ISO 8601), month, quarter or year | of the one before |
 *
 * A month that is too short for the day takes its last day: `1M` after 31 January, and `D31`. `WD` behind a number or behind `C` means
 * days. The next and the one before are never the day itself. Blanks, small letters and the brackets `<…>` of the
 * language-independent form are allowed.
 *
 * Sources: learn.microsoft.com, *System.CalcDate method* (grammar, weeks from Monday), *DateFormula data type* (`D15`), *Work with
 * calendar dates and times* (at most 9999; the next 10th day of a month). That the next day is never the same day follows from the tests of the
 * base application (github.com/microsoft/BCApps, `AACAutoAccGroupPosting`). The documents do not say which day
 * `W10`, `M3`, `Q2` and `Y2030` mean, nor what `D31` means in a short month: these are decisions of Carillon.
 */
export type DateFormula = string

type Unit = 'D' | 'W' | 'M' | 'Q' | 'Y'
type Ordinal = Unit | 'WD'

/** A term of a date formula, ready to be applied. */
export type Term =
  | { readonly is: 'count'; readonly sign: 1 | -1; readonly count: number; readonly unit: Unit }
  | { readonly is: 'current'; readonly sign: 1 | -1; readonly unit: Unit }
  | { readonly is: 'ordinal'; readonly sign: 1 | -1; readonly unit: Ordinal; readonly ordinal: number }

const TERM = /([+-])?\s*(?:(\d+)\s*(WD|[DWMQY])|(C)\s*(WD|[DWMQY])|(WD|[DWMQY])\s*(\d+))\s*/iy

/** The least and the largest ordinal of each unit. */
const ORDINALS: Readonly<Record<Ordinal, readonly [number, number]>> = {
  D: [1, 31],
  WD: [1, 7],
  W: [1, 53],
  M: [1, 12],
  Q: [1, 4],
  Y: [1753, 9999],
}

const TERM_FORM =
  'a number and a unit (such as 2W), C and a unit (CM), or a unit and a number (D15), with + or - in front; the units are D, WD, W, M, Q, Y'

/**
 * Reads a date formula. A message names the place of the wrong term (from 1), the term and what would be right.
 *
 * @example readDateFormula('1D+CM') // { terms: [1 day later, the last day of that month] }
 */
export const readDateFormula = (text: DateFormula): { readonly terms: readonly Term[] } | Refusal => {
  const wrong = (why: string) => refuse('invalid', `${show(text)}; ${why}`)
  if (text.length > LIMITS.dateFormulaCount) return wrong(`it must have at most ${LIMITS.dateFormulaCount} characters`)
  const [, open, inner = '', close] = /^\s*(<?)\s*([^<>]*)(>?)\s*$/.exec(text) ?? []
  if (open === undefined) return wrong('< and > may only enclose the whole formula')
  if ((open === '<') !== (close === '>')) return wrong('< and > must enclose the formula together')
  if (inner === '') return wrong(`it must have a term: ${TERM_FORM}`)
  const start = text.indexOf(inner)
  const terms: Term[] = []
  TERM.lastIndex = 0
  while (TERM.lastIndex < inner.length) {
    const at = TERM.lastIndex
    const found = TERM.exec(inner)
    const place = `at ${start + at + 1}, ${show((found?.[0] ?? inner.slice(at)).trim())}`
    if (!found) return wrong(`${place}: it must be ${TERM_FORM}`)
    const term = termOf(found)
    if (typeof term === 'string') return wrong(`${place}: ${term}`)
    terms.push(term)
  }
  return { terms }
}

const termOf = ([, minus, count, countUnit, current, currentUnit, ordinalUnit, ordinal]: RegExpExecArray): Term | string => {
  const sign = minus === '-' ? -1 : 1
  if (current !== undefined) return { is: 'current', sign, unit: unitOf(currentUnit as string) }
  if (count !== undefined) {
    const most = LIMITS.dateFormulaNumberCount
    if (Number(count) > most) return `the number must be at most ${most}`
    return { is: 'count', sign, count: Number(count), unit: unitOf(countUnit as string) }
  }
  const unit = (ordinalUnit as string).toUpperCase() as Ordinal
  const number = Number(ordinal)
  const [least, most] = ORDINALS[unit]
  if (number < least || number > most) return `the number behind ${unit} must be from ${least} to ${most}`
  return { is: 'ordinal', sign, unit, ordinal: number }
}

/** A weekday is counted as a day: in Business Central `2WD` is `2D`. */
const unitOf = (text: string): Unit => (text.toUpperCase() === 'WD' ? 'D' : (text.toUpperCase() as Unit))

/**
 * The date that a formula gives for a date (both the start of a day); undefined beyond the dates of Business Central, 1753 to 9999.
 *
 * @example applyDateFormula(terms, localOf(2012, 3, 31)) // of '1D+CM': 30 April 2012
 */
export const applyDateFormula = (terms: readonly Term[], date: Local): Local | undefined => {
  let day: Local | undefined = startOfDay(date)
  for (const term of terms) {
    day = applied(term, day)
    if (day === undefined || day < FIRST_DATE || day > LAST_DATE) return undefined
  }
  return day
}

const FIRST_DATE = localOf(1753, 1, 1)
const LAST_DATE = localOf(9999, 12, 31)

const applied = (term: Term, day: Local): Local | undefined => {
  switch (term.is) {
    case 'count':
      return later(day, term.sign * term.count, term.unit)
    case 'current':
      return term.sign > 0 ? later(firstOf(day, term.unit), 1, term.unit) - DAY_MS : firstOf(day, term.unit)
    case 'ordinal':
      return nearest(term, day)
  }
}

const MONTHS = { M: 1, Q: 3, Y: 12 } as const

/** A day so many units later. */
const later = (day: Local, count: number, unit: Unit): Local =>
  unit === 'D' || unit === 'W' ? day + count * (unit === 'W' ? 7 : 1) * DAY_MS : monthsLater(day, count * MONTHS[unit])

/** The same day of a month so many months later, or its last day. */
const monthsLater = (day: Local, months: number): Local => dayOfMonth(monthOf(day, months), new Date(day).getUTCDate())

/** The first day of a month so many months later. */
const monthOf = (day: Local, months = 0): Local => {
  const date = new Date(day)
  return localOf(date.getUTCFullYear(), date.getUTCMonth() + 1 + months, 1)
}

/** A day of the month that begins then, or its last day. */
const dayOfMonth = (month: Local, day: number): Local => Math.min(month + (day - 1) * DAY_MS, monthOf(month, 1) - DAY_MS)

/** Day of the week, from 0 for Monday. */
const weekdayOf = (day: Local): number => (new Date(day).getUTCDay() + 6) % 7

/** The first day of the period that a day is in. */
const firstOf = (day: Local, unit: Unit): Local => {
  if (unit === 'D') return day
  if (unit === 'W') return day - weekdayOf(day) * DAY_MS
  return monthOf(day, -(new Date(day).getUTCMonth() % MONTHS[unit]))
}

/** How many periods to search for an ordinal: a week 53 comes after at most seven years. */
const SEARCHED = 8

/** The next day of an ordinal, or the one before. */
const nearest = ({ sign, unit, ordinal }: Term & { is: 'ordinal' }, day: Local): Local | undefined => {
  for (let step = -1; step <= SEARCHED; step++) {
    const found = ordinalIn(unit, ordinal, day, sign * step)
    if (found !== undefined && (found - day) * sign > 0) return found
  }
  return undefined
}

/** The day of an ordinal in the week, month or year that is so many periods later; undefined if it has none. */
const ordinalIn = (unit: Ordinal, ordinal: number, day: Local, periods: number): Local | undefined => {
  if (unit === 'WD') return firstOf(day, 'W') + (periods * 7 + ordinal - 1) * DAY_MS
  if (unit === 'D') return dayOfMonth(monthOf(day, periods), ordinal)
  const year = new Date(day).getUTCFullYear() + periods
  if (unit === 'Y') return localOf(ordinal, 1, 1)
  if (unit === 'W') return isoWeek(year, ordinal)
  return localOf(year, (ordinal - 1) * MONTHS[unit] + 1, 1)
}

/** The Monday of an ISO week; undefined if the year has no week 53. Week 1 has 4 January. Source: ISO 8601. */
const isoWeek = (year: number, week: number): Local | undefined => {
  const monday = firstOf(localOf(year, 1, 4), 'W') + (week - 1) * 7 * DAY_MS
  return new Date(monday + 3 * DAY_MS).getUTCFullYear() === year ? monday : undefined
}

/** Two years, a leap year among them, on each day of which a formula is tried. */
const TRIED_FROM = localOf(2027, 1, 1)
const TRIED_DAYS = 731

/** Does a formula give a later date on some day? `-1D` never does, `CM` does on all days but the last of a month. */
const leadsForward = (terms: readonly Term[]): boolean =>
  Array.from({ length: TRIED_DAYS }, (_, index) => TRIED_FROM + index * DAY_MS).some(
    (day) => (applyDateFormula(terms, day) ?? Number.NEGATIVE_INFINITY) > day,
  )

/** The written form of a date formula. It stays a text on the row. */
export const dateFormulaField = z
  .string()
  .superRefine((text, context) => {
    const read = readDateFormula(text)
    const refuseIt = (message: string) => context.addIssue({ code: 'custom', message, input: text })
    if (isRefusal(read)) refuseIt(read.message)
    else if (!leadsForward(read.terms))
      refuseIt(
        `${show(text)}; it must lead to a later date on some day, such as 1D, 1D+CM (the last day of a month) or 1M-CM (the first)`,
      )
  })
  .meta({
    description: 'A date formula of Business Central. It is applied to the date on which the run before has ended.',
    examples: ['1D+CM'],
  })

/** `{dateFormula: "1D+CM", startingTime: "11:00"}`: the date of the next run from the date on which the run before has ended. */
export type ByDateFormula = { readonly dateFormula: DateFormula; readonly startingTime?: ClockTime | undefined }

/**
 * The runs of a date formula: the first one at once, then one at `startingTime` (default midnight) of the date that the formula
 * gives for the date of the end. Weekdays and windows do not apply. Source: as `recurByJobQueue`.
 *
 * A formula can give a time that is not after the end: `CM` on the last day of a month. There the source runs the job again a second
 * later, and again, until the day is over. Carillon applies the formula to the following days instead, until it leads further.
 */
export const recurByDateFormula = ({ dateFormula, startingTime }: ByDateFormula, { timeZone }: Setting): Recurring => {
  const read = readDateFormula(dateFormula)
  const terms = isRefusal(read) ? [] : read.terms
  const time = startingTime === undefined ? 0 : (parseClockTime(startingTime) ?? 0)
  const after = (ended: Local): Local | undefined => {
    for (let days = 0; days < LIMITS.dateFormulaDaysCount; days++) {
      const date = applyDateFormula(terms, startOfDay(ended) + days * DAY_MS)
      if (date === undefined) return undefined
      if (date + time > ended) return date + time
    }
    return undefined
  }
  return {
    sort: 'chained',
    initial: (from) => ({ at: from }),
    afterEnd: (endedAt) => {
      const local = after(toLocal(timeZone, endedAt))
      return local === undefined ? undefined : { local }
    },
  }
}
