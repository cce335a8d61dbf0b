import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { type Local, localOf, showLocal } from '../../../core/recurrence/local.ts'
import { recurByRrule } from '../../../core/recurrence/rrule.ts'
import { readRule } from '../../../core/recurrence/rule.ts'
import { nextOfRule, withDefaults } from '../../../core/recurrence/rule-times.ts'
import { refusalOf, times } from './occurrences.ts'

/**
 * Rules with their first times, as python-dateutil 4.0.0 computes them. Left out are rules where it departs from RFC 5545:
 * weekdays with and without a number together (it wants both), BYWEEKNO without a day (it takes all seven days, not that of
 * DTSTART), and BYSETPOS with WEEKLY (its first week begins with DTSTART).
 */
const fixtures = JSON.parse(readFileSync('test/core/recurrence/rrule-fixtures.json', 'utf8')) as readonly (readonly [
  start: string,
  rule: string,
  times: readonly string[],
  end: 'ends' | 'goes on',
])[]

const nextLocalOf = (rrule: string) => {
  const recurring = recurByRrule({ rrule }, { timeZone: 'UTC', anchor: 0 })
  if (recurring.sort !== 'wallClock') throw new TypeError(recurring.sort)
  return recurring.nextLocal
}

const enumerate = (nextLocal: (after: Local) => Local | undefined, from: Local, count: number): readonly Local[] => {
  const found: Local[] = []
  for (let next = nextLocal(from); next !== undefined && found.length < count; next = nextLocal(next)) found.push(next)
  return found
}

const ruleFrom = (start: string, rule: string) => `DTSTART:${start.replaceAll(/[-:]/g, '')}\nRRULE:${rule}`

describe('rules of RFC 5545', () => {
  test('give the times of another implementation', () => {
    const wrong = fixtures.filter(([start, rule, expected, end]) => {
      const found = enumerate(nextLocalOf(ruleFrom(start, rule)), Date.parse(`${start}Z`) - 1, expected.length + 1)
      const isRight = found.slice(0, expected.length).map(showLocal).join() === expected.join()
      return !isRight || (end === 'ends' && found.length > expected.length)
    })
    expect(wrong).toEqual([])
    expect(fixtures.length).toBe(400)
  })

  test('give the same times wherever the search begins', () => {
    for (const [start, rule, expected] of fixtures.filter((_, index) => index % 4 === 0)) {
      const nextLocal = nextLocalOf(ruleFrom(start, rule))
      for (const [index, time] of expected.entries()) {
        const next = expected[index + 1]
        if (next === undefined) continue
        const [from, to] = [Date.parse(`${time}Z`), Date.parse(`${next}Z`)]
        for (const after of [from, from + 1, Math.floor((from + to) / 2), to - 1])
          expect(showLocal(nextLocal(after) ?? 0), `${start} ${rule} after ${time}`).toBe(next)
      }
    }
  })

  test.each([
    // The examples of RFC 5545, section 3.8.5.3, whose words decide where implementations differ.
    ['19970519T090000', 'FREQ=YEARLY;BYDAY=20MO', ['1997-05-19', '1998-05-18', '1999-05-17']],
    ['19970512T090000', 'FREQ=YEARLY;BYWEEKNO=20;BYDAY=MO', ['1997-05-12', '1998-05-11', '1999-05-17']],
    ['19970512T090000', 'FREQ=YEARLY;BYWEEKNO=20', ['1997-05-12', '1998-05-11', '1999-05-17']],
    ['19970902T090000', 'FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13', ['1998-02-13', '1998-03-13', '1998-11-13']],
    ['19970904T090000', 'FREQ=MONTHLY;COUNT=3;BYDAY=TU,WE,TH;BYSETPOS=3', ['1997-09-04', '1997-10-07', '1997-11-06']],
    [
      '19970805T090000',
      'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO',
      ['1997-08-05', '1997-08-10', '1997-08-19', '1997-08-24'],
    ],
    [
      '19970805T090000',
      'FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU',
      ['1997-08-05', '1997-08-17', '1997-08-19', '1997-08-31'],
    ],
    [
      '20070115T090000',
      'FREQ=MONTHLY;BYMONTHDAY=15,30;COUNT=5',
      ['2007-01-15', '2007-01-30', '2007-02-15', '2007-03-15', '2007-03-30'],
    ],
    [
      '19961105T090000',
      'FREQ=YEARLY;INTERVAL=4;BYMONTH=11;BYDAY=TU;BYMONTHDAY=2,3,4,5,6,7,8',
      ['1996-11-05', '2000-11-07', '2004-11-02'],
    ],
    // The number of a weekday counts within the month when BYMONTH is given.
    ['19980405T090000', 'FREQ=YEARLY;BYMONTH=4;BYDAY=1SU', ['1998-04-05', '1999-04-04', '2000-04-02']],
    ['19980301T090000', 'FREQ=YEARLY;BYMONTH=3,10;BYDAY=-1SU', ['1998-03-29', '1998-10-25', '1999-03-28']],
    // A number on one weekday and none on another: one of them is enough.
    ['20260101T090000', 'FREQ=MONTHLY;BYDAY=1MO,SU', ['2026-01-04', '2026-01-05', '2026-01-11']],
  ])('%s %s', (start, rule, expected) => {
    const found = enumerate(nextLocalOf(`DTSTART:${start}\nRRULE:${rule}`), localOf(1990, 1, 1), expected.length)
    expect(found.map(showLocal)).toEqual(expected.map((day) => `${day}T09:00:00`))
  })

  test('leave out EXDATE, add RDATE, in lines and in fields, in the time of the zone or in UTC', () => {
    const series = {
      timeZone: 'Europe/Berlin',
      recurrence: {
        rrule: 'DTSTART:20260101T090000\nRRULE:FREQ=DAILY\nEXDATE:20260102T090000\nRDATE:20260103T120000',
        exdates: ['2026-01-04T08:00:00Z'],
        rdates: ['2026-01-03T18:30:00'],
      },
    }
    expect(times(series, '2026-01-01T00:00:00Z', 5)).toEqual([
      '2026-01-01T09:00:00+01:00',
      '2026-01-03T09:00:00+01:00',
      '2026-01-03T12:00:00+01:00',
      '2026-01-03T18:30:00+01:00',
      '2026-01-05T09:00:00+01:00',
    ])
  })

  test('take what they do not say from the start of the series', () => {
    const series = { timeZone: 'Europe/Berlin', startAt: '2026-01-30T07:15:00Z', recurrence: { rrule: 'FREQ=MONTHLY' } }
    expect(times(series, '2026-01-01T00:00:00Z', 3)).toEqual([
      '2026-01-30T08:15:00+01:00',
      '2026-03-30T08:15:00+02:00',
      '2026-04-30T08:15:00+02:00',
    ])
  })

  test('end with COUNT, counted from the start and not from the search', () => {
    const series = { recurrence: { rrule: 'DTSTART:20260101T090000\nRRULE:FREQ=DAILY;COUNT=3' } }
    expect(times(series, '2026-01-02T12:00:00Z', 3)).toEqual(['2026-01-03T09:00:00Z', 'none'])
  })

  test('are searched from the time that is asked, not from their start', () => {
    const rule = readRule('FREQ=SECONDLY;INTERVAL=7')
    if ('fault' in rule) throw new TypeError(rule.fault)
    const start = localOf(1980, 1, 1)
    const budget = { periods: 1_000 }
    expect(nextOfRule(withDefaults(rule, start), start, localOf(2026, 1, 1), budget)).toBeDefined()
    expect(budget.periods).toBeGreaterThan(990)
  })

  test('are not listed in full: a year of seconds has its next time at once', () => {
    const list = (count: number) => Array.from({ length: count }, (_, index) => index).join()
    const rule = `FREQ=YEARLY;BYDAY=MO,TU;BYHOUR=${list(24)};BYMINUTE=${list(60)};BYSECOND=${list(60)};COUNT=5000`
    const series = { recurrence: { rrule: `DTSTART:20260105T000000\nRRULE:${rule}` } }
    expect(times(series, '2026-01-05T01:23:19Z', 2)).toEqual(['2026-01-05T01:23:19Z', 'none'])
  })

  test('end without an answer where none is within reach', () => {
    const rule = readRule('FREQ=SECONDLY;INTERVAL=60;BYSECOND=30')
    if ('fault' in rule) throw new TypeError(rule.fault)
    const start = localOf(2026, 1, 1)
    expect(nextOfRule(withDefaults(rule, start), start, start)).toBeUndefined()
  })
})

describe('a rule that is wrong', () => {
  test.each([
    ['FREQ=FORTNIGHTLY', 'FREQ is "FORTNIGHTLY"; it must be one of SECONDLY, MINUTELY, HOURLY, DAILY, WEEKLY, MONTHLY, YEARLY'],
    ['INTERVAL=2', 'FREQ is missing; it must be one of SECONDLY'],
    ['FREQ=DAILY;INTERVAL=0', 'INTERVAL is "0"; it must be a whole number from 1 to 100000'],
    ['FREQ=DAILY;COUNT=10001', 'COUNT is "10001"; it must be a whole number from 1 to 10000'],
    ['FREQ=DAILY;BYHOUR=24', 'BYHOUR is "24"; it must be 0 to 23'],
    ['FREQ=MONTHLY;BYMONTHDAY=0', 'BYMONTHDAY is "0"; it must be 1 to 31 or -1 to -31'],
    ['FREQ=MONTHLY;BYDAY=FRI', 'BYDAY is "FRI"; it must be one of SU, MO, TU, WE, TH, FR, SA'],
    ['FREQ=WEEKLY;BYDAY=2MO', 'BYDAY has a number, which only MONTHLY, and YEARLY without BYWEEKNO, allow; FREQ is WEEKLY'],
    ['FREQ=WEEKLY;BYMONTHDAY=1', 'BYMONTHDAY is given with WEEKLY; it is not allowed there'],
    ['FREQ=MONTHLY;BYWEEKNO=1', 'BYWEEKNO is given with MONTHLY; only YEARLY allows it'],
    ['FREQ=DAILY;BYYEARDAY=1', 'BYYEARDAY is given with DAILY; it is not allowed there'],
    [
      'FREQ=YEARLY;BYHOUR=0,1,2;BYMINUTE=0,1,2,3,4;BYSECOND=0,1;BYSETPOS=1',
      'BYSETPOS selects from up to 10980 times of a period; there may be at most 10000',
    ],
    ['FREQ=DAILY;BYSETPOS=1', 'BYSETPOS is given without another BY part'],
    ['FREQ=DAILY;COUNT=2;UNTIL=20270101T000000', 'COUNT and UNTIL are given together; give one of them'],
    ['FREQ=DAILY;UNTIL=20270101', 'UNTIL is a date without time; it must be a time such as 20261231T090000'],
    ['FREQ=DAILY;UNTIL=20270231T000000', 'UNTIL is "20270231T000000"; it must be a time such as 20261231T090000'],
    ['FREQ=DAILY;BYHUOR=9', 'unknown part "BYHUOR"; did you mean BYHOUR?'],
    ['FREQ=DAILY;FREQ=DAILY', 'FREQ is given twice'],
    ['FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30', 'matches no time'],
    [
      'DTSTART:20270101T000000\nRRULE:FREQ=DAILY;UNTIL=20260101T000000',
      'UNTIL is before the first time of the rule, 2027-01-01T00:00:00',
    ],
    [
      'DTSTART:20270101T000000\nEXRULE:FREQ=DAILY',
      'a line is "EXRULE:FREQ=DAILY"; the lines can be RRULE, DTSTART, EXDATE and RDATE',
    ],
    ['RRULE:FREQ=DAILY\nRRULE:FREQ=DAILY', 'a second rule is "FREQ=DAILY"; give one rule'],
    ['DTSTART:20270101T000000', 'has no rule; it must have a line such as "RRULE:FREQ=DAILY"'],
    ['DTSTART;TZID=Asia/Tokyo:20270101T000000\nRRULE:FREQ=DAILY', '"Asia/Tokyo" is the TZID of a line, and timeZone is "UTC"'],
  ])('%j', (rrule, message) => {
    expect(refusalOf({ recurrence: { rrule } })).toContain(message)
    expect(refusalOf({ recurrence: { rrule } })).toMatch(/^\/recurrence\/rrule: /)
  })

  test('a time to leave out needs date and time', () => {
    expect(refusalOf({ recurrence: { rrule: 'FREQ=DAILY', exdates: ['2026-12-31'] } })).toBe(
      '/recurrence/exdates/0: "2026-12-31"; it must be a time such as "2026-12-31T09:00:00" (of the zone) or "2026-12-31T08:00:00Z"',
    )
    expect(refusalOf({ recurrence: { cron: '0 9 * * *', exdates: [] } })).toBe(
      '/recurrence/exdates: given without rrule, to which it belongs',
    )
  })
})
