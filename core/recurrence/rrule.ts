import * as z from 'zod'
import { parseInstant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { show } from '../reading/messages.ts'
import type { Fault } from './cron-fields.ts'
import type { Recurring, Setting } from './form.ts'
import { DAY_MS, type Local, localOf, showLocal } from './local.ts'
import { RULE_TIME_FORM, type Rule, type RuleTime, readRule, readRuleTime } from './rule.ts'
import { mostTimesOf, nextOfRule, withDefaults } from './rule-times.ts'
import { type TimeZone, toLocal } from './zone.ts'

/**
 * `{rrule: "FREQ=MONTHLY;BYDAY=-1FR"}`: a rule of RFC 5545 in the time of the zone. The text can also be lines of iCalendar:
 * one RRULE, a DTSTART, EXDATE and RDATE. Without DTSTART the rule starts at `startAt`, or when the series is created.
 */
export type Rrule = {
  readonly rrule: string
  /** Times that are left out. */
  readonly exdates?: readonly string[]
  /** Times in addition to those of the rule. */
  readonly rdates?: readonly string[]
}

const timeField = z.string().superRefine((text, context) => {
  const fault = readDate(text)
  if ('fault' in fault) context.addIssue({ code: 'custom', message: fault.fault, input: text })
})

/** The written form of a rule. */
export const rruleField = z
  .string()
  .max(LIMITS.rruleCount)
  .superRefine((text, context) => {
    const lines = readLines(text)
    const fault = 'fault' in lines ? lines : emptyFault(text, lines)
    if (fault) context.addIssue({ code: 'custom', message: fault.fault, input: text })
  })
  .meta({
    description: 'A recurrence rule of RFC 5545, in the time of the zone; with lines for DTSTART, EXDATE and RDATE if you like.',
    examples: ['FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=9;BYMINUTE=0;BYSECOND=0'],
  })
export const exdatesField = z
  .array(timeField)
  .max(LIMITS.recurrenceTimesCount)
  .meta({ description: 'rrule: times that are left out.' })
export const rdatesField = z.array(timeField).max(LIMITS.recurrenceTimesCount).meta({ description: 'rrule: times in addition.' })

type Lines = {
  readonly rule: Rule
  readonly start?: RuleTime
  readonly exdates: readonly RuleTime[]
  readonly rdates: readonly RuleTime[]
  /** The zones that the lines name. */
  readonly timeZones: readonly string[]
}

const LINE = /^([A-Za-z]+)((?:;[^:]*)?):(.*)$/

/** Reads the lines of a rule. A line that begins with a blank continues the one before (RFC 5545, section 3.1). */
const readLines = (text: string): Lines | Fault => {
  let rule: Rule | undefined
  let start: RuleTime | undefined
  const dates = { EXDATE: [] as RuleTime[], RDATE: [] as RuleTime[] }
  const timeZones: string[] = []
  for (const line of text
    .trim()
    .replaceAll(/\r?\n[ \t]/g, '')
    .split(/\r?\n/)) {
    const [, given = 'RRULE', parameters = '', value = line] = LINE.exec(line) ?? []
    const name = given.toUpperCase()
    if (name !== 'RRULE' && name !== 'DTSTART' && name !== 'EXDATE' && name !== 'RDATE')
      return { fault: `a line is ${show(line)}; the lines can be RRULE, DTSTART, EXDATE and RDATE` }
    const timeZone = /;TZID=([^;:]+)/i.exec(parameters)?.[1]
    if (timeZone !== undefined) timeZones.push(timeZone)
    if (name === 'RRULE') {
      if (rule) return { fault: `a second rule is ${show(value)}; give one rule` }
      const read = readRule(value)
      if ('fault' in read) return read
      rule = read
      continue
    }
    const times = value.split(',').map(readRuleTime)
    const wrong = times.indexOf(undefined)
    if (wrong >= 0) return { fault: `${name} is ${show(value.split(',')[wrong])}; ${RULE_TIME_FORM}` }
    const known = times.filter((time) => time !== undefined)
    if (name === 'DTSTART' && (start || known.length > 1)) return { fault: 'DTSTART has more than one time; give one' }
    if (name === 'DTSTART') start = known[0]
    else dates[name].push(...known)
  }
  if (!rule) return { fault: `${show(text)} has no rule; it must have a line such as "RRULE:FREQ=DAILY"` }
  return (
    dateFault(rule, start, dates) ??
    crowdFault(rule) ?? { rule, ...(start ? { start } : {}), exdates: dates.EXDATE, rdates: dates.RDATE, timeZones }
  )
}

/** BYSETPOS needs all times of a period at once. */
const crowdFault = (rule: Rule): Fault | undefined => {
  const most = mostTimesOf(rule)
  if (!rule.positions || most <= LIMITS.rruleTimesCount) return undefined
  return { fault: `BYSETPOS selects from up to ${most} times of a period; there may be at most ${LIMITS.rruleTimesCount}` }
}

/** A rule that matches no time. Without a start this is known only where the start cannot matter. */
const emptyFault = (text: string, { rule, start: given, rdates }: Lines): Fault | undefined => {
  if (rdates.length > 0) return undefined
  const { interval, weekNumbers, weekdays, monthDays, yearDays, until } = rule
  const isOpen = interval > 1 || (weekNumbers !== undefined && !weekdays && !monthDays && !yearDays)
  if (!given && isOpen) return undefined
  const start = given?.time ?? localOf(2024, 1, 1)
  const first = nextOfRule(withDefaults(rule, start), start, start - 1)
  if (first === undefined) return { fault: `${show(text)} matches no time` }
  const isOver = given && !given.utc && until && !until.utc && until.time < first
  return isOver ? { fault: `UNTIL is before the first time of the rule, ${showLocal(first)}` } : undefined
}

/** A date is a time only together with a DTSTART that is a date: otherwise it could mean the start or the end of its day. */
const dateFault = (
  rule: Rule,
  start: RuleTime | undefined,
  dates: Readonly<Record<string, readonly RuleTime[]>>,
): Fault | undefined => {
  if (start?.isDate) return undefined
  const all = { ...dates, UNTIL: rule.until ? [rule.until] : [] }
  const name = Object.entries(all).find(([, times]) => times.some(({ isDate }) => isDate))?.[0]
  return name === undefined ? undefined : { fault: `${name} is a date without time; ${RULE_TIME_FORM}` }
}

const DATE_FORM = 'it must be a time such as "2026-12-31T09:00:00" (of the zone) or "2026-12-31T08:00:00Z"'

/** Reads an entry of `exdates` or `rdates`: ISO 8601 with or without offset, or the form of RFC 5545. */
const readDate = (text: string): RuleTime | Fault => {
  const at = parseInstant(text)
  if (at !== undefined) return { time: at, utc: true }
  const time = readRuleTime(text.replaceAll(/[-:]/g, ''))
  return time && !time.isDate ? time : { fault: `${show(text)}; ${DATE_FORM}` }
}

/** A zone of the lines that is not that of the series; undefined when there is none. */
export const foreignZoneOf = ({ rrule }: Rrule, timeZone: TimeZone): string | undefined => {
  const lines = readLines(rrule)
  return 'fault' in lines ? undefined : lines.timeZones.find((it) => it !== timeZone)
}

/** The occurrences of a rule. @throws TypeError when it is none; `rruleField` has refused it before */
export const recurByRrule = (recurrence: Rrule, { timeZone, anchor }: Setting): Recurring => {
  const lines = readLines(recurrence.rrule)
  if ('fault' in lines) throw new TypeError(`the rule ${show(recurrence.rrule)}: ${lines.fault}`)
  const inZone = ({ time, utc }: RuleTime): Local => (utc ? toLocal(timeZone, time) : time)
  const given = (texts: readonly string[] = []) => texts.map((text) => inZone(readDate(text) as RuleTime))
  const start = lines.start ? inZone(lines.start) : Math.floor(toLocal(timeZone, anchor) / 1_000) * 1_000
  const rule = withDefaults(lines.rule, start)
  const last = lastOf(rule, start, rule.until ? inZone(rule.until) : Number.POSITIVE_INFINITY)
  const exdates = new Set([...lines.exdates.map(inZone), ...given(recurrence.exdates)])
  const rdates = [...lines.rdates.map(inZone), ...given(recurrence.rdates)].sort((a, b) => a - b)
  const nextLocal = (after: Local): Local | undefined => {
    for (let from = after; ; ) {
      const ruled = from >= last ? undefined : nextOfRule(rule, start, from)
      const added = rdates.find((time) => time > from)
      const next = Math.min(
        ruled !== undefined && ruled <= last ? ruled : Number.POSITIVE_INFINITY,
        added ?? Number.POSITIVE_INFINITY,
      )
      if (next === Number.POSITIVE_INFINITY) return undefined
      if (!exdates.has(next)) return next
      from = next
    }
  }
  const isInterval = ['HOURLY', 'MINUTELY', 'SECONDLY'].includes(rule.freq) && !rule.hours
  return { sort: 'wallClock', nextLocal, everyPass: isInterval }
}

/** The last possible time of a rule. That of COUNT is counted once, so that a search need not begin at the start. */
const lastOf = (rule: Rule, start: Local, until: Local): Local => {
  if (rule.count === undefined) return until
  const budget = { periods: LIMITS.rruleCountPeriodsCount }
  const horizon = start + LIMITS.rruleYearsCount * 366 * DAY_MS
  let last = start - 1
  for (let count = 0; count < rule.count && last < horizon; count++) {
    const next = nextOfRule(rule, start, last, budget)
    if (next === undefined) break
    last = next
  }
  return last
}
