import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { recurByCron } from '../../../core/recurrence/cron.ts'
import { DAY_MS, type Local, localOf, showLocal } from '../../../core/recurrence/local.ts'
import { refusalOf } from './occurrences.ts'

const nextLocalOf = (cron: string) => {
  const recurring = recurByCron({ cron })
  if (recurring.sort !== 'wallClock') throw new TypeError(recurring.sort)
  return recurring.nextLocal
}

/** The first times of an expression after a time, without seconds. */
const timesOf = (cron: string, after: Local, count: number): readonly string[] => {
  const nextLocal = nextLocalOf(cron)
  const found: string[] = []
  for (let next = nextLocal(after); next !== undefined && found.length < count; next = nextLocal(next))
    found.push(showLocal(next).slice(0, 16).replace('T', ' '))
  return found
}

const after = localOf(2026, 11, 29) // a Sunday

describe('five fields, by the rules of Vixie cron', () => {
  test.each([
    ['*/30 * * * *', ['2026-11-29 00:30', '2026-11-29 01:00']],
    ['5-20/5,59 3 * * *', ['2026-11-29 03:05', '2026-11-29 03:10', '2026-11-29 03:15', '2026-11-29 03:20', '2026-11-29 03:59']],
    ['0 9 * * 1-5', ['2026-11-30 09:00', '2026-12-01 09:00']],
    ['0 9 * * MON-FRI', ['2026-11-30 09:00', '2026-12-01 09:00']],
    ['0 9 * JAN,jul *', ['2027-01-01 09:00', '2027-01-02 09:00']],
    ['0 9 * * 0', ['2026-11-29 09:00', '2026-12-06 09:00']],
    ['0 9 * * 7', ['2026-11-29 09:00', '2026-12-06 09:00']],
    ['0 9 * * 5-7', ['2026-11-29 09:00', '2026-12-04 09:00', '2026-12-05 09:00', '2026-12-06 09:00']],
    ['0 9 * * FRI-SUN', ['2026-11-29 09:00', '2026-12-04 09:00', '2026-12-05 09:00', '2026-12-06 09:00']],
    // Both day fields restricted: one of them is enough.
    ['0 0 13 * 5', ['2026-12-04 00:00', '2026-12-11 00:00', '2026-12-13 00:00', '2026-12-18 00:00']],
    // A range over all days is a restriction; a field that begins with a star is none.
    ['0 0 1-31 * 1', ['2026-11-30 00:00', '2026-12-01 00:00']],
    ['0 0 */2 * MON', ['2026-12-07 00:00', '2026-12-21 00:00', '2027-01-11 00:00']],
    ['0 0 13 * */2', ['2026-12-13 00:00', '2027-02-13 00:00', '2027-03-13 00:00']],
    ['0 0 29 2 *', ['2028-02-29 00:00', '2032-02-29 00:00']],
    ['0 0 31 * *', ['2026-12-31 00:00', '2027-01-31 00:00', '2027-03-31 00:00']],
    ['*/90 * * * *', ['2026-11-29 01:00', '2026-11-29 02:00']],
  ])('%s', (cron, expected) => expect(timesOf(cron, after, expected.length)).toEqual(expected))

  test.each([
    ['* * * *', 'has 4 fields; it must have five (minute, hour, day of month, month, day of week) or six (with the year)'],
    ['@daily', '"@daily" has one field'],
    ['60 * * * *', 'minute is "60"; it must be 0-59, a list, a range or a step'],
    ['0 24 * * *', 'hour is "24"; it must be 0-23'],
    ['0 0 0 * *', 'day of month is "0"; it must be 1-31'],
    ['0 0 * 13 *', 'month is "13"; it must be 1-12 or JAN-DEC'],
    ['0 0 * * 8', 'day of week is "8"; it must be 0-7 or SUN-SAT'],
    ['0 0 * * MON#2', 'day of week is "MON#2"; it must be 0-7 or SUN-SAT'],
    ['0 0 L * *', 'day of month is "L"; it must be 1-31'],
    ['0 0 ? * 1', 'day of month is "?"; it must be 1-31'],
    ['*/0 * * * *', 'minute "*/0" has step 0; a step is at least 1'],
    ['5/10 * * * *', 'minute "5/10" has a step after a single value; write a range, such as "5-59/10"'],
    ['0 22-4 * * *', 'hour "22-4" begins after its end; write two ranges, such as "22-23,0-4"'],
    ['0 0 * * SAT-MON', 'day of week "SAT-MON" begins after its end; write two ranges, such as "SAT-SAT,SUN-MON"'],
    ['0,, 0 * * *', 'minute is ""; it must be 0-59'],
    ['-1 0 * * *', 'minute is "-1"; it must be 0-59'],
    ['1e1 0 * * *', 'minute is "1e1"; it must be 0-59'],
    ['0 0 30 2 *', '"0 0 30 2 *" matches no day of any year'],
  ])('refuses %s', (cron, message) => {
    expect(refusalOf({ recurrence: { cron } })).toContain(message)
    expect(refusalOf({ recurrence: { cron } })).toMatch(/^\/recurrence\/cron: /)
  })
})

describe('six fields, by the rules of EventBridge Scheduler', () => {
  test.each([
    // The examples of its user guide.
    ['0 10 * * ? *', ['2026-11-29 10:00', '2026-11-30 10:00']],
    ['15 12 * * ? *', ['2026-11-29 12:15', '2026-11-30 12:15']],
    ['0 18 ? * MON-FRI *', ['2026-11-30 18:00', '2026-12-01 18:00']],
    ['0 8 1 * ? *', ['2026-12-01 08:00', '2027-01-01 08:00']],
    ['0/10 * ? * MON-FRI *', ['2026-11-30 00:00', '2026-11-30 00:10']],
    ['0/5 8-17 ? * MON-FRI *', ['2026-11-30 08:00', '2026-11-30 08:05']],
    ['0 9 ? * 2#1 *', ['2026-12-07 09:00', '2027-01-04 09:00']],
    ['15 10 ? * 6L 2022-2023', []],
    ['15 10 ? * 6L 2026-2027', ['2026-12-25 10:15', '2027-01-29 10:15']],
    // 1 is Sunday.
    ['0 9 ? * 1 *', ['2026-11-29 09:00', '2026-12-06 09:00']],
    ['0 9 ? * 7 *', ['2026-12-05 09:00', '2026-12-12 09:00']],
    ['0 9 ? * L *', ['2026-12-05 09:00', '2026-12-12 09:00']],
    ['0 9 ? * FRI#5 *', ['2027-01-29 09:00', '2027-04-30 09:00']],
    ['0 9 ? * FRIL *', ['2026-12-25 09:00', '2027-01-29 09:00']],
    ['0 9 L * ? *', ['2026-11-30 09:00', '2026-12-31 09:00', '2027-01-31 09:00', '2027-02-28 09:00']],
    ['0 9 LW * ? *', ['2026-11-30 09:00', '2026-12-31 09:00', '2027-01-29 09:00', '2027-02-26 09:00']],
    ['0 9 15W * ? *', ['2026-12-15 09:00', '2027-01-15 09:00']],
    ['0 9 1W 5 ? 2027', ['2027-05-03 09:00']], // 1 May 2027 is a Saturday: not 30 April
    ['0 9 31W 1 ? 2027', ['2027-01-29 09:00']], // 31 January 2027 is a Sunday: not 1 February
    ['0 9 30W * ? 2027', ['2027-01-29 09:00', '2027-03-30 09:00', '2027-04-30 09:00', '2027-05-31 09:00']],
    ['0 0 1 1 ? 2030/5', ['2030-01-01 00:00', '2035-01-01 00:00']],
    ['0 0 1 1 ? 2199', ['2199-01-01 00:00']],
  ])('%s', (cron, expected) => expect(timesOf(cron, after, Math.max(1, expected.length))).toEqual(expected))

  test.each([
    ['0 9 * * * *', 'day of month is "*" and day of week is "*"; with six fields one of them must be "?"'],
    ['0 9 ? * ? *', 'day of month and day of week are both "?"; one of them must have a value'],
    [
      '0 9 ? * 0 *',
      'day of week is "0"; it must be 1-7 or SUN-SAT, a list, a range or a step, L, a weekday with L, or with # and 1-5',
    ],
    ['0 9 ? * 6#6 *', 'day of week is "6#6"; it must be 1-7 or SUN-SAT'],
    ['0 9 ? * 3#1,6#3 *', 'day of week is "3#1"; it must be 1-7 or SUN-SAT'],
    ['0 9 32W * ? *', 'day of month is "32W"; it must be 1-31, a list, a range or a step, L, LW, or a day with W'],
    ['0 9 L-3 * ? *', 'day of month is "L"; it must be 1-31'],
    ['0 9 1 * ? 1969', 'year is "1969"; it must be 1970-2199'],
    ['0 9 1 * ? 2200', 'year is "2200"; it must be 1970-2199'],
    ['? 9 1 * ? *', 'minute is "?"; it must be 0-59'],
    ['0 9 ? * FRI-MON *', 'day of week "FRI-MON" begins after its end; write two ranges, such as "FRI-SAT,SUN-MON"'],
    ['0 9 31 4,6 ? *', '"0 9 31 4,6 ? *" matches no day of any year'],
    ['0 9 29 2 ? 2027', '"0 9 29 2 ? 2027" matches no day of any year'],
  ])('refuses %s', (cron, message) => {
    expect(refusalOf({ recurrence: { cron } })).toContain(message)
  })
})

test('a 29 February on one weekday is found 40 years ahead, around 2100', () => {
  expect(timesOf('0 0 ? 2 MON#5 *', localOf(2072, 3, 1), 1)).toEqual(['2112-02-29 00:00'])
})

/** A field of cron, in the words of its manual, for a matcher that shares no code with the parser. */
type Part = { readonly star: boolean; readonly from: number; readonly to: number; readonly step: number; readonly text: string }

const partOf = (least: number, most: number): fc.Arbitrary<Part> =>
  fc.oneof(
    { arbitrary: fc.constant({ star: true, from: least, to: most, step: 1, text: '*' }), weight: 3 },
    fc.integer({ min: 2, max: 9 }).map((step) => ({ star: true, from: least, to: most, step, text: `*/${step}` })),
    fc.integer({ min: least, max: most }).map((value) => ({ star: false, from: value, to: value, step: 1, text: `${value}` })),
    fc
      .tuple(fc.integer({ min: least, max: most }), fc.integer({ min: least, max: most }), fc.integer({ min: 1, max: 5 }))
      .map(([a, b, step]) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        return { star: false, from, to, step, text: `${from}-${to}/${step}` }
      }),
  )

const includes = ({ from, to, step }: Part, value: number) => value >= from && value <= to && (value - from) % step === 0

const vixieMatches = ([minute, hour, day, month, weekday]: readonly [Part, Part, Part, Part, Part], local: Local): boolean => {
  const date = new Date(local)
  const isDate = includes(day, date.getUTCDate())
  const isWeekday = includes(weekday, date.getUTCDay()) || (date.getUTCDay() === 0 && includes(weekday, 7))
  const isDay = day.star || weekday.star ? isDate && isWeekday : isDate || isWeekday
  return (
    isDay &&
    includes(month, date.getUTCMonth() + 1) &&
    includes(hour, date.getUTCHours()) &&
    includes(minute, date.getUTCMinutes())
  )
}

test('five fields find the first minute that a matcher of minutes finds', () => {
  const fields = fc.tuple(partOf(0, 59), partOf(0, 23), partOf(1, 31), partOf(1, 12), partOf(0, 7))
  const start = fc.integer({ min: localOf(2024, 1, 1) / 60_000, max: localOf(2029, 1, 1) / 60_000 })
  fc.assert(
    fc.property(fields, start, (parts, minutes) => {
      const from = minutes * 60_000
      const next = nextLocalOf(parts.map(({ text }) => text).join(' '))(from)
      let first = from + 60_000
      while (first < from + 4 * DAY_MS && !vixieMatches(parts, first)) first += 60_000
      const isWithin = next !== undefined && next < from + 4 * DAY_MS
      expect(isWithin ? showLocal(next) : 'later').toBe(first < from + 4 * DAY_MS ? showLocal(first) : 'later')
      expect(next === undefined || vixieMatches(parts, next)).toBe(true)
    }),
    { numRuns: 100 },
  )
})

test('the next time is later, and the same from every moment before it', () => {
  const fields = fc.tuple(partOf(0, 59), partOf(0, 23), partOf(1, 31), partOf(1, 12), partOf(0, 7))
  const moment = fc.integer({ min: localOf(2024, 1, 1), max: localOf(2029, 1, 1) })
  fc.assert(
    fc.property(fields, moment, fc.double({ min: 0, max: 0.999, noNaN: true }), (parts, from, share) => {
      const nextLocal = nextLocalOf(parts.map(({ text }) => text).join(' '))
      const next = nextLocal(from)
      if (next === undefined) return
      expect(next).toBeGreaterThan(from)
      expect(nextLocal(from + Math.floor((next - from) * share))).toBe(next)
    }),
    { numRuns: 200 },
  )
})
