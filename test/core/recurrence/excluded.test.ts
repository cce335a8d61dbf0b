// biome-ignore-all lint/suspicious/noThenProperty: `then` is a text here, so the object is no promise
import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { type Cursor, nextOccurrence } from '../../../core/recurrence/next.ts'
import { readSchedule, writeSchedule } from '../../../core/recurrence/schedule.ts'
import { showInZone } from '../../../core/recurrence/zone.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { listed } from './listed.ts'
import { scheduleOf } from './occurrences.ts'

describe('excluded times', () => {
  test('are left out, and say why', () =>
    expect(
      listed({ recurrence: { cron: '0 9 * * *' }, exclude: { calendars: ['de-holidays'] } }, '2026-12-24T00:00Z', 2),
    ).toEqual([
      '2026-12-24T09:00:00Z',
      'not 2026-12-25T09:00:00Z: 2026-12-25 is excluded by calendar de-holidays (Christmas Day)',
      'not 2026-12-26T09:00:00Z: 2026-12-26 is excluded by calendar de-holidays',
      '2026-12-27T09:00:00Z',
    ]))

  test('move with `next`; the nominal time stays', () =>
    expect(
      listed(
        { recurrence: { cron: '0 9 * * 5' }, timeZone: 'Europe/Berlin', exclude: { calendars: ['de-holidays'], then: 'next' } },
        '2026-12-24T00:00Z',
        2,
      ),
    ).toEqual([
      '2026-12-25T09:00:00+01:00 → 2026-12-27T09:00:00+01:00 holiday: 2026-12-25 is excluded by calendar de-holidays (Christmas Day); moved from 2026-12-25T09:00:00 to 2026-12-27T09:00:00',
      '2027-01-01T09:00:00+01:00',
    ]))

  test('that move to the next occurrence are left out: a daily series runs once after its holidays', () =>
    expect(
      listed(
        { recurrence: { cron: '0 9 * * *' }, exclude: { calendars: ['de-holidays'], then: 'next' } },
        '2026-12-25T00:00Z',
        1,
      ),
    ).toEqual([
      'not 2026-12-25T09:00:00Z: 2026-12-25 is excluded by calendar de-holidays (Christmas Day), and the next occurrence is not later than 2026-12-27T09:00:00',
      'not 2026-12-26T09:00:00Z: 2026-12-26 is excluded by calendar de-holidays, and the next occurrence is not later than 2026-12-27T09:00:00',
      '2026-12-27T09:00:00Z',
    ]))

  test('are hours of the clock of the zone, also after a change of the clocks', () =>
    expect(
      listed(
        {
          recurrence: { rate: '12h' },
          timeZone: 'Europe/Berlin',
          startAt: '2026-03-28T01:30:00Z',
          exclude: { hours: [{ from: '02:00', to: '03:00' }] },
        },
        '2026-03-28T00:00Z',
        3,
      ),
    ).toEqual([
      'not 2026-03-28T02:30:00+01:00: the hours from 02:00 to 03:00 are excluded',
      '2026-03-28T14:30:00+01:00',
      '2026-03-29T03:30:00+02:00',
      '2026-03-29T15:30:00+02:00',
    ]))

  test('whose end is in a gap are followed by a time behind the gap', () =>
    expect(
      listed(
        {
          recurrence: { cron: '0 1 29 3 *' },
          timeZone: 'Europe/Berlin',
          exclude: { hours: [{ from: '00:30', to: '02:30' }], then: 'next' },
        },
        '2026-03-01T00:00Z',
        1,
      )[0],
    ).toContain('2026-03-29T01:00:00+01:00 → 2026-03-29T03:30:00+02:00'))

  test('whose end is in a repeated hour do not lead back', () =>
    expect(
      listed(
        {
          recurrence: { at: ['2026-10-25T02:15:00+01:00'] },
          timeZone: 'Europe/Berlin',
          exclude: { hours: [{ from: '02:00', to: '02:30' }], then: 'next' },
        },
        '2026-10-01T00:00Z',
        1,
      )[0],
    ).toContain('2026-10-25T02:15:00+01:00 → 2026-10-25T02:30:00+01:00'))

  test('end a series whose last occurrence they take', () =>
    expect(
      listed({ recurrence: { at: ['2026-12-25T09:00:00Z'] }, exclude: { dates: ['2026-12-25'] } }, '2026-12-24T00:00Z', 1),
    ).toEqual(['not 2026-12-25T09:00:00Z: 2026-12-25 is excluded', 'end']))

  test('bound one search, and the next one continues it', () => {
    const schedule = scheduleOf({
      recurrence: { rate: '1s' },
      startAt: '2026-12-25T00:00:00Z',
      exclude: { dates: ['2026-12-25'] },
    })
    let cursor: Cursor = { from: Date.UTC(2026, 11, 25) }
    let count = 0
    for (let searches = 0; searches < 50; searches++) {
      const { occurrence, skipped, more } = nextOccurrence(schedule, cursor, { seed: 'a' })
      count += skipped.length
      expect(skipped.length).toBeLessThanOrEqual(LIMITS.recurrenceStepsCount)
      if (occurrence) break
      cursor = { after: more as number }
    }
    expect(count).toBe(86_400)
  })

  test('of a chained recurrence: the skipped run counts as one that ended then', () =>
    expect(
      listed(
        { recurrence: { dateFormula: '1D', startingTime: '09:00' }, exclude: { calendars: ['de-holidays'] } },
        '2026-12-24T08:00Z',
        3,
      ),
    ).toEqual([
      '2026-12-24T08:00:00Z',
      'not 2026-12-25T09:00:00Z: 2026-12-25 is excluded by calendar de-holidays (Christmas Day)',
      'not 2026-12-26T09:00:00Z: 2026-12-26 is excluded by calendar de-holidays',
      '2026-12-27T09:00:00Z',
      '2026-12-28T09:00:00Z',
    ]))

  test('of a chained recurrence move with `next`', () =>
    expect(
      listed(
        { recurrence: { dateFormula: '1D', startingTime: '09:00' }, exclude: { calendars: ['de-holidays'], then: 'next' } },
        '2026-12-24T08:00Z',
        2,
      )[1],
    ).toContain('2026-12-25T09:00:00Z → 2026-12-27T09:00:00Z'))
})

describe('a schedule with an exclusion', () => {
  const written = {
    recurrence: { dateFormula: '1D+CM', startingTime: '11:00' },
    timeZone: 'UTC',
    exclude: {
      dates: ['2026-12-25'],
      hours: [{ weekdays: ['sunday'], from: '00:00', to: '24:00' }],
      calendars: ['de-holidays'],
      then: 'next',
    },
  }
  test('is written as it was read', () => expect(writeSchedule(scheduleOf(written))).toEqual(written))

  test.each<[object, string]>([
    [{ recurrence: { startingTime: '11:00' } }, 'startingTime'],
    [{ recurrence: { dateFormula: '1D+XM' } }, '/recurrence/dateFormula: "1D+XM"; at 3, "+XM": it must be a number and a unit'],
    [{ recurrence: { dateFormula: '-1D' } }, '/recurrence/dateFormula: "-1D"; it must lead to a later date'],
    [{ recurrence: { jobQueue: { weekdays: ['mondays'] } } }, '/recurrence/jobQueue/weekdays/0: "mondays"'],
    [{ recurrence: { rate: '1h' }, exclude: { dates: ['2026-02-30'] } }, '/exclude/dates/0: "2026-02-30"'],
  ])('%j is refused with path and value', (given, message) => {
    const read = readSchedule(given, 0)
    expect(isRefusal(read) && read.message).toContain(message)
  })
})

const runs = Number(process.env.CARILLON_PROPERTY_RUNS ?? 200)

describe('excluded times, as a property,', () => {
  it('have no occurrence, and everything else has one', () => {
    const hour = fc.integer({ min: 0, max: 23 })
    fc.assert(
      fc.property(
        fc.constantFrom('UTC', 'Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe'),
        fc.integer({ min: 0, max: 400 }),
        fc.uniqueArray(fc.integer({ min: 0, max: 30 }), { maxLength: 10 }),
        hour,
        hour,
        (timeZone, first, days, from, to) => {
          fc.pre(from !== to)
          const start = Date.UTC(2026, 0, 1) + first * 86_400_000
          const two = (it: number) => String(it).padStart(2, '0')
          const dates = days.map((day) => new Date(start + day * 86_400_000).toISOString().slice(0, 10))
          const exclude = { dates, hours: [{ from: `${two(from)}:00`, to: `${two(to)}:00` }] }
          const plain = { recurrence: { rate: '37m' }, startAt: new Date(start).toISOString(), timeZone }
          const isExcluded = (at: number) => {
            const shown = showInZone(timeZone, at)
            const at24 = Number(shown.slice(11, 13))
            return dates.includes(shown.slice(0, 10)) || (from < to ? at24 >= from && at24 < to : at24 >= from || at24 < to)
          }
          const schedule = scheduleOf({ ...plain, exclude })
          const { occurrence, skipped } = nextOccurrence(schedule, { from: start }, { seed: 'a' })
          const grid: number[] = []
          for (let at = start; at < (occurrence?.nominalAt ?? 0); at += 37 * 60_000) grid.push(at)
          expect(skipped.map(({ nominalAt }) => nominalAt)).toEqual(grid)
          expect(grid.every(isExcluded) && occurrence !== undefined && !isExcluded(occurrence.nominalAt)).toBe(true)
        },
      ),
      { numRuns: runs },
    )
  })
})
