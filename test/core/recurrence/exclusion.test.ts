// biome-ignore-all lint/suspicious/noThenProperty: `then` is a text here, so the object is no promise
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { messageFor } from '../../../core/reading/messages.ts'
import { WEEKDAYS } from '../../../core/recurrence/clock-time.ts'
import {
  type Calendars,
  type ExcludedHours,
  type Exclusion,
  excludedAt,
  exclusionField,
  nextAllowed,
} from '../../../core/recurrence/exclusion.ts'
import { DAY_MS, localOf, showLocal } from '../../../core/recurrence/local.ts'

const local = (text: string) => Date.parse(`${text}Z`)
const calendars: Calendars = {
  'de-holidays': [{ date: '2026-12-25', name: 'Erster Weihnachtstag' }, { date: '2026-12-26' }],
  stocktaking: [{ date: '2026-12-28' }],
}

/** 2026-12-25 is a Friday. */
describe('an exclusion', () => {
  test.each<[string, Exclusion, string, string | undefined]>([
    ['another date', { dates: ['2026-12-25'] }, '2026-12-24T23:59:59', undefined],
    ['a date', { dates: ['2026-12-25'] }, '2026-12-25T00:00', '2026-12-25 is excluded'],
    [
      'a holiday with a name',
      { calendars: ['de-holidays'] },
      '2026-12-25T09:00',
      '2026-12-25 is excluded by calendar de-holidays (Erster Weihnachtstag)',
    ],
    [
      'a holiday without a name',
      { calendars: ['de-holidays'] },
      '2026-12-26T09:00',
      '2026-12-26 is excluded by calendar de-holidays',
    ],
    [
      'the second calendar',
      { calendars: ['de-holidays', 'stocktaking'] },
      '2026-12-28T09:00',
      '2026-12-28 is excluded by calendar stocktaking',
    ],
    ['a calendar that does not exist', { calendars: ['gone'] }, '2026-12-28T09:00', undefined],
    ['before the hours', { hours: [{ from: '09:00', to: '17:00' }] }, '2026-12-25T08:59:59', undefined],
    [
      'the first moment of the hours',
      { hours: [{ from: '09:00', to: '17:00' }] },
      '2026-12-25T09:00',
      'the hours from 09:00 to 17:00 are excluded',
    ],
    [
      'the last moment of the hours',
      { hours: [{ from: '09:00', to: '17:00' }] },
      '2026-12-25T16:59:59',
      'the hours from 09:00 to 17:00 are excluded',
    ],
    ['the end of the hours', { hours: [{ from: '09:00', to: '17:00' }] }, '2026-12-25T17:00', undefined],
    ['another weekday', { hours: [{ weekdays: ['saturday'], from: '09:00', to: '17:00' }] }, '2026-12-25T10:00', undefined],
    [
      'after midnight',
      { hours: [{ weekdays: ['friday'], from: '22:00', to: '02:00' }] },
      '2026-12-26T01:59',
      'the hours from 22:00 to 02:00 of friday are excluded',
    ],
    [
      'after midnight of another day',
      { hours: [{ weekdays: ['friday'], from: '22:00', to: '02:00' }] },
      '2026-12-25T01:59',
      undefined,
    ],
    [
      'the whole day',
      { hours: [{ weekdays: ['friday'], from: '00:00', to: '24:00' }] },
      '2026-12-25T23:59',
      'the hours from 00:00 to 24:00 of friday are excluded',
    ],
    [
      '24 hours',
      { hours: [{ weekdays: ['friday'], from: '12:00', to: '12:00' }] },
      '2026-12-26T11:59',
      'the hours from 12:00 to 12:00 of friday are excluded',
    ],
  ])('%s: %j at %s: %s', (_, exclusion, at, message) =>
    expect(excludedAt(exclusion, calendars, local(at))?.message).toBe(message),
  )

  test.each<[string, Exclusion, string, string]>([
    ['an allowed time stays', {}, '2026-12-25T09:00', '2026-12-25T09:00:00'],
    ['from a date to the same time of the next one', { calendars: ['de-holidays'] }, '2026-12-25T09:00', '2026-12-27T09:00:00'],
    ['from hours to their end', { hours: [{ from: '09:00', to: '17:30' }] }, '2026-12-25T10:00', '2026-12-25T17:30:00'],
    [
      'from hours to their end on the next day',
      { hours: [{ from: '22:00', to: '02:00' }] },
      '2026-12-25T23:00',
      '2026-12-26T02:00:00',
    ],
    [
      'from hours to the end of the longest of them',
      {
        hours: [
          { from: '09:00', to: '11:00' },
          { from: '10:00', to: '12:00' },
          { from: '08:00', to: '10:45' },
        ],
      },
      '2026-12-25T10:30',
      '2026-12-25T12:00:00',
    ],
    [
      'from hours into other ones',
      {
        hours: [
          { from: '09:00', to: '11:00' },
          { from: '11:00', to: '12:00' },
        ],
      },
      '2026-12-25T10:30',
      '2026-12-25T12:00:00',
    ],
    [
      'from hours to a date, and on',
      { dates: ['2026-12-26'], hours: [{ from: '22:00', to: '02:00' }] },
      '2026-12-25T23:00',
      '2026-12-27T02:00:00',
    ],
    [
      'over a weekend and holidays',
      { calendars: ['de-holidays', 'stocktaking'], hours: [{ weekdays: ['saturday', 'sunday'], from: '00:00', to: '24:00' }] },
      '2026-12-25T09:00',
      '2026-12-29T00:00:00',
    ],
  ])('%s: %j of %s: %s', (_, exclusion, at, expected) =>
    expect(showLocal(nextAllowed(exclusion, calendars, local(at)) ?? Number.NaN)).toBe(expected),
  )

  test('a search for an allowed time ends', () => {
    const dates = Array.from({ length: LIMITS.exclusionStepsCount + 1 }, (_, index) => ({
      date: showLocal(localOf(2026, 1, 1) + index * DAY_MS).slice(0, 10),
    }))
    expect(nextAllowed({ calendars: ['all'] }, { all: dates }, localOf(2026, 1, 1))).toBeUndefined()
  })
})

describe('a wrong exclusion is refused', () => {
  const every = { from: '00:00', to: '24:00' }
  test.each<[unknown, string]>([
    [{ dates: ['2026-02-29'] }, '"2026-02-29"; it must be a date that exists'],
    [{ dates: ['25.12.2026'] }, 'it must be a date that exists'],
    [{ dates: Array(LIMITS.excludedDatesCount + 1).fill('2026-12-25') }, 'at most 50'],
    [{ hours: [{ from: '24:00', to: '24:00' }] }, '"24:00"; it must be a time of the day'],
    [{ hours: [{ from: '09:00' }] }, 'missing; it must be a string'],
    [{ hours: [every] }, 'the whole week'],
    [{ hours: [{ from: '12:00', to: '12:00' }] }, 'the whole week'],
    [
      {
        hours: [
          { from: '06:00', to: '22:00' },
          { from: '22:00', to: '06:00' },
        ],
      },
      'the whole week',
    ],
    [{ calendars: ['a/b'] }, '"a/b"; it must be 1 to 64 characters'],
    [{ then: 'before' }, 'it must be one of "skip", "next"'],
    [{ days: [] }, 'unknown field'],
  ])('%j: %s', (written, message) => {
    const { error } = exclusionField.safeParse(written, { error: messageFor })
    expect(error?.issues.map((issue) => issue.message).join()).toContain(message)
  })

  test('all but a minute of the week is no whole week', () =>
    expect(
      exclusionField.safeParse({
        hours: [
          { from: '00:00', to: '23:59' },
          { weekdays: WEEKDAYS.slice(1), from: '23:00', to: '24:00' },
        ],
      }).success,
    ).toBe(true))
})

const runs = Number(process.env.CARILLON_PROPERTY_RUNS ?? 300)
const minutes = fc.integer({ min: 0, max: 24 * 60 - 1 })
const clock = (minute: number) => `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`
const someHours: fc.Arbitrary<ExcludedHours> = fc.record(
  {
    weekdays: fc.uniqueArray(fc.constantFrom(...WEEKDAYS), { minLength: 1, maxLength: 4 }),
    from: minutes.map(clock),
    to: minutes.map(clock),
  },
  { requiredKeys: ['from', 'to'] },
)
const someDates = fc.uniqueArray(
  fc.integer({ min: 0, max: 20 }).map((day) => showLocal(localOf(2026, 12, 20) + day * DAY_MS).slice(0, 10)),
)
const someMinute = fc.nat(21 * 24 * 60).map((minute) => localOf(2026, 12, 20) + minute * 60_000)

/** The minutes of the week that are excluded, one by one. */
const excludedMinutes = (hours: readonly ExcludedHours[]): ReadonlySet<number> => {
  const found = new Set<number>()
  const minuteOf = (text: string) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3))
  for (const { weekdays = WEEKDAYS, from, to } of hours)
    for (const weekday of weekdays) {
      let minute = WEEKDAYS.indexOf(weekday) * 1_440 + minuteOf(from)
      do found.add(minute++ % 10_080)
      while (minute % 1_440 !== minuteOf(to))
    }
  return found
}
const minuteOfWeek = (at: number) =>
  ((new Date(at).getUTCDay() + 6) % 7) * 1_440 + new Date(at).getUTCHours() * 60 + new Date(at).getUTCMinutes()

describe('an exclusion, as a property,', () => {
  it('moves to the minute that a walk through minutes and days finds, or is refused', () => {
    fc.assert(
      fc.property(fc.array(someHours, { maxLength: 3 }), someDates, someMinute, (hours, dates, from) => {
        const closed = excludedMinutes(hours)
        const isRead = exclusionField.safeParse({ hours, dates }).success
        expect(isRead).toBe(closed.size < 10_080)
        if (!isRead) return
        let at = from
        for (;;) {
          if (dates.includes(new Date(at).toISOString().slice(0, 10))) at += DAY_MS
          else if (closed.has(minuteOfWeek(at))) while (closed.has(minuteOfWeek(at))) at += 60_000
          else break
        }
        expect(showLocal(nextAllowed({ hours, dates }, {}, from) ?? Number.NaN)).toBe(showLocal(at))
        expect(excludedAt({ hours, dates }, {}, from) === undefined).toBe(at === from)
      }),
      { numRuns: runs },
    )
  })
})
