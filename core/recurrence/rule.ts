import { LIMITS } from '../limits.ts'
import { show } from '../reading/messages.ts'
import { suggest } from '../reading/suggest.ts'
import type { Fault } from './cron-fields.ts'
import type { Local } from './local.ts'

/** The frequencies of RFC 5545, from the finest to the coarsest. */
export const FREQUENCIES = ['SECONDLY', 'MINUTELY', 'HOURLY', 'DAILY', 'WEEKLY', 'MONTHLY', 'YEARLY'] as const
export type Frequency = (typeof FREQUENCIES)[number]

/** A weekday, Sunday is 0; `nth` counts it within the month or year, from the end when it is negative. */
export type RuleDay = { readonly weekday: number; readonly nth?: number }

/** A time in a rule: as the clocks of the zone show it, or in UTC. A date is the start of its day. */
export type RuleTime = { readonly time: Local; readonly utc?: true; readonly isDate?: true }

/** A recurrence rule of RFC 5545, section 3.3.10. An absent part does not restrict. */
export type Rule = {
  readonly freq: Frequency
  readonly interval: number
  readonly count?: number
  readonly until?: RuleTime
  /** The first day of a week, Sunday is 0. */
  readonly weekStart: number
  readonly months?: readonly number[]
  readonly weekNumbers?: readonly number[]
  readonly yearDays?: readonly number[]
  readonly monthDays?: readonly number[]
  readonly weekdays?: readonly RuleDay[]
  readonly hours?: readonly number[]
  readonly minutes?: readonly number[]
  readonly seconds?: readonly number[]
  readonly positions?: readonly number[]
}

const WEEKDAYS = ['SU', 'MO', 'TU', 'WE', 'TH', 'FR', 'SA']

type List = { readonly field: ListField; readonly least: number; readonly most: number; readonly negative?: true }
type ListField = 'months' | 'weekNumbers' | 'yearDays' | 'monthDays' | 'hours' | 'minutes' | 'seconds' | 'positions'

/** The parts of a rule that are lists of numbers. */
const LISTS: Readonly<Record<string, List>> = {
  BYSECOND: { field: 'seconds', least: 0, most: 59 },
  BYMINUTE: { field: 'minutes', least: 0, most: 59 },
  BYHOUR: { field: 'hours', least: 0, most: 23 },
  BYMONTHDAY: { field: 'monthDays', least: 1, most: 31, negative: true },
  BYYEARDAY: { field: 'yearDays', least: 1, most: 366, negative: true },
  BYWEEKNO: { field: 'weekNumbers', least: 1, most: 53, negative: true },
  BYMONTH: { field: 'months', least: 1, most: 12 },
  BYSETPOS: { field: 'positions', least: 1, most: 366, negative: true },
}

const PARTS = ['FREQ', 'INTERVAL', 'COUNT', 'UNTIL', 'WKST', 'BYDAY', ...Object.keys(LISTS)]

/** Reads a rule. The fault names the part, its value and its range. @example readRule('FREQ=MONTHLY;BYDAY=-1FR') */
export const readRule = (text: string): Rule | Fault => {
  const parts = new Map<string, string>()
  for (const part of text.split(';')) {
    const [name = '', ...rest] = part.split('=')
    const upper = name.trim().toUpperCase()
    const value = rest.join('=').trim().toUpperCase()
    if (!PARTS.includes(upper)) return unknownPart(name.trim())
    if (value === '') return { fault: `${upper} has no value` }
    if (parts.has(upper)) return { fault: `${upper} is given twice` }
    parts.set(upper, value)
  }
  const freq = oneOf('FREQ', parts.get('FREQ'), FREQUENCIES)
  if (typeof freq !== 'string') return freq
  const rule: { -readonly [Field in keyof Rule]: Rule[Field] } = { freq, interval: 1, weekStart: 1 }
  for (const [name, value] of parts) {
    const fault = readPart(rule, name, value)
    if (fault) return fault
  }
  return contradictionIn(rule) ?? rule
}

const unknownPart = (name: string): Fault => {
  const [guess] = suggest(name, PARTS)
  return { fault: `unknown part ${show(name)}; ${guess ? `did you mean ${guess}? ` : ''}the parts are ${PARTS.join(', ')}` }
}

/** Reads one part into the rule; the fault, if there is one. */
const readPart = (rule: { -readonly [Field in keyof Rule]: Rule[Field] }, name: string, value: string): Fault | undefined => {
  const list = LISTS[name]
  if (list) {
    const values = numbersOf(name, value, list)
    if ('fault' in values) return values
    rule[list.field] = values
    return undefined
  }
  if (name === 'INTERVAL' || name === 'COUNT') {
    const most = name === 'COUNT' ? LIMITS.rruleCountCount : LIMITS.rruleIntervalCount
    const number = /^\d{1,9}$/.test(value) ? Number(value) : 0
    if (number < 1 || number > most) return { fault: `${name} is ${show(value)}; it must be a whole number from 1 to ${most}` }
    rule[name === 'COUNT' ? 'count' : 'interval'] = number
  }
  if (name === 'UNTIL') {
    const until = readRuleTime(value)
    if (!until) return { fault: `UNTIL is ${show(value)}; ${RULE_TIME_FORM}` }
    rule.until = until
  }
  if (name === 'WKST') {
    const weekday = oneOf('WKST', value, WEEKDAYS)
    if (typeof weekday !== 'string') return weekday
    rule.weekStart = WEEKDAYS.indexOf(weekday)
  }
  if (name === 'BYDAY') {
    const days = value.split(',').map(dayOf)
    const wrong = days.indexOf(undefined)
    if (wrong >= 0)
      return {
        fault: `BYDAY is ${show(value.split(',')[wrong])}; it must be one of ${WEEKDAYS.join(', ')}, with a number from 1 to 53 or -1 to -53 before it or none`,
      }
    rule.weekdays = days.filter((day) => day !== undefined)
  }
  return undefined
}

const oneOf = <Word extends string>(name: string, value: string | undefined, words: readonly Word[]): Word | Fault =>
  words.find((word) => word === value) ?? { fault: `${name} is ${show(value)}; it must be one of ${words.join(', ')}` }

const numbersOf = (name: string, value: string, { least, most, negative }: List): readonly number[] | Fault => {
  const numbers: number[] = []
  for (const item of value.split(',')) {
    const number = /^[+-]?\d{1,3}$/.test(item) ? Number(item) : Number.NaN
    const size = negative ? Math.abs(number) : number
    if (!(size >= least && size <= most))
      return { fault: `${name} is ${show(item)}; it must be ${least} to ${most}${negative ? ` or -${least} to -${most}` : ''}` }
    numbers.push(number)
  }
  return [...new Set(numbers)].sort((a, b) => a - b)
}

const dayOf = (text: string): RuleDay | undefined => {
  const [, nth, name = ''] = /^([+-]?\d{1,2})?(SU|MO|TU|WE|TH|FR|SA)$/.exec(text) ?? []
  const weekday = WEEKDAYS.indexOf(name)
  if (weekday < 0) return undefined
  if (nth === undefined) return { weekday }
  const size = Math.abs(Number(nth))
  return size >= 1 && size <= 53 ? { weekday, nth: Number(nth) } : undefined
}

const RULE_TIME = /^(\d{4})(\d{2})(\d{2})(?:T(\d{2})(\d{2})(\d{2})(Z)?)?$/

/** The form of a time of RFC 5545, for error messages. */
export const RULE_TIME_FORM = 'it must be a time such as 20261231T090000 (of the zone) or 20261231T080000Z (UTC)'

/** Reads a time in the form of RFC 5545. @example readRuleTime('20260329T023000') */
export const readRuleTime = (text: string): RuleTime | undefined => {
  const [matched, year, month, day, hour, minute, second, utc] = RULE_TIME.exec(text) ?? []
  if (matched === undefined) return undefined
  const parts = [year, month, day, hour ?? 0, minute ?? 0, second ?? 0].map(Number)
  const [y = 0, mo = 0, d = 0, h = 0, mi = 0, s = 0] = parts
  const time = Date.UTC(y, mo - 1, d, h, mi, s)
  // 31 June would be 1 July.
  if (new Date(time).getUTCDate() !== d || mo > 12 || h > 23 || mi > 59 || s > 59) return undefined
  return { time, ...(utc ? { utc: true as const } : {}), ...(hour === undefined ? { isDate: true as const } : {}) }
}

/** Parts that RFC 5545 does not allow together. */
const contradictionIn = (rule: Rule): Fault | undefined => {
  const { freq, count, until, weekdays, weekNumbers, yearDays, monthDays, positions } = rule
  if (count !== undefined && until) return { fault: 'COUNT and UNTIL are given together; give one of them' }
  if (weekdays?.some(({ nth }) => nth !== undefined) && (!(freq === 'MONTHLY' || freq === 'YEARLY') || weekNumbers))
    return { fault: `BYDAY has a number, which only MONTHLY, and YEARLY without BYWEEKNO, allow; FREQ is ${freq}` }
  if (weekNumbers && freq !== 'YEARLY') return { fault: `BYWEEKNO is given with ${freq}; only YEARLY allows it` }
  if (yearDays && ['DAILY', 'WEEKLY', 'MONTHLY'].includes(freq))
    return { fault: `BYYEARDAY is given with ${freq}; it is not allowed there` }
  if (monthDays && freq === 'WEEKLY') return { fault: 'BYMONTHDAY is given with WEEKLY; it is not allowed there' }
  const others = Object.keys(rule).some(
    (name) => name !== 'positions' && Object.values(LISTS).some(({ field }) => field === name),
  )
  if (positions && !weekdays && !others)
    return { fault: 'BYSETPOS is given without another BY part, of whose times it selects some' }
  return undefined
}
