import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { iso } from '../../../core/instant.ts'
import { LIMITS } from '../../../core/limits.ts'
import { type Next, nextOccurrence } from '../../../core/recurrence/next.ts'
import { readSchedule, type Schedule, writeSchedule } from '../../../core/recurrence/schedule.ts'
import { chain, instant, scheduleOf, times } from './occurrences.ts'

const RECURRENCES = [
  { cron: '30 2 * * *' },
  { cron: '*/20 1-3 * * *' },
  { cron: '0 0 * * *' },
  { cron: '15,45 2 ? * * *' },
  { rate: '17m' },
  { rrule: 'DTSTART:20240101T023000\nRRULE:FREQ=HOURLY;INTERVAL=5' },
  { rrule: 'DTSTART:20240101T021500\nRRULE:FREQ=DAILY;BYHOUR=1,2,3' },
  { at: ['2026-03-29T01:30:00Z', '2026-10-25T01:00:00Z', '2026-10-25T00:30:00Z'] },
]

const schedules: fc.Arbitrary<Schedule> = fc
  .record({
    recurrence: fc.constantFrom(...RECURRENCES),
    timeZone: fc.constantFrom('Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe', 'Africa/Casablanca', 'UTC'),
    daylightSaving: fc.record(
      { gap: fc.constantFrom('skip', 'shift'), overlap: fc.constantFrom('first', 'second', 'both') },
      { requiredKeys: [] },
    ),
    jitter: fc.constantFrom(undefined, '10m'),
    spread: fc.constantFrom(undefined, '1h'),
  })
  .map(({ jitter, spread, ...written }) =>
    scheduleOf({ ...written, ...(jitter ? { jitter } : {}), ...(spread ? { spread } : {}) }),
  )

/** Moments close to changes of the clocks of these zones, and others. */
const CHANGES = [
  '2026-03-29T01:00:00Z',
  '2026-10-25T01:00:00Z',
  '2026-04-05T03:00:00Z',
  '2026-09-06T04:00:00Z',
  '2026-10-03T15:30:00Z',
  '2026-02-15T02:00:00Z',
  '2026-06-15T12:00:00Z',
]
const moments = fc
  .tuple(fc.constantFrom(...CHANGES), fc.integer({ min: -10_000_000, max: 10_000_000 }))
  .map(([change, shift]) => instant(change) + shift)

const nominalOf = ({ occurrence }: Next) => occurrence?.nominalAt

describe('the next occurrence', () => {
  test('is later than the cursor, later than the one before, and never early', () => {
    fc.assert(
      fc.property(schedules, moments, (schedule, after) => {
        let last = after
        for (const { occurrence, skipped } of chain(schedule, { after }, 12)) {
          for (const { nominalAt } of skipped) expect(nominalAt).toBeGreaterThan(last)
          if (!occurrence) continue
          expect(occurrence.nominalAt).toBeGreaterThan(last)
          expect(occurrence.at).toBeGreaterThanOrEqual(occurrence.nominalAt)
          expect(occurrence.at - occurrence.nominalAt).toBeLessThan((schedule.jitter ?? 0) + (schedule.spread ?? 0) + 1)
          for (const { nominalAt } of skipped) expect(nominalAt).toBeLessThanOrEqual(occurrence.nominalAt)
          last = occurrence.nominalAt
        }
      }),
      { numRuns: 150 },
    )
  })

  test('does not depend on where the search begins: each moment finds the first of the enumeration after it', () => {
    fc.assert(
      fc.property(schedules, moments, fc.integer({ min: 0, max: 20_000_000 }), (schedule, start, later) => {
        const all = chain(schedule, { after: start }, 60).flatMap((next) => nominalOf(next) ?? [])
        const moment = start + later
        const last = all.at(-1)
        if (last === undefined || moment >= last) return
        const first = all.find((nominal) => nominal > moment)
        expect(nominalOf(nextOccurrence(schedule, { after: moment }, { seed: 'series' }))).toBe(first)
        expect(nominalOf(nextOccurrence(schedule, { from: moment + 1 }, { seed: 'series' }))).toBe(first)
      }),
      { numRuns: 150 },
    )
  })

  test('reports each time that it leaves out once, in a chain of searches', () => {
    const minutely = scheduleOf({ timeZone: 'Europe/Berlin', recurrence: { cron: '*/10 * * * *' } })
    const skipped = chain(minutely, { after: instant('2026-03-28T22:00:00Z') }, 30).flatMap((next) => next.skipped)
    expect(skipped.map(({ nominalAt }) => iso(nominalAt).slice(11, 16))).toEqual([
      '01:00',
      '01:10',
      '01:20',
      '01:30',
      '01:40',
      '01:50',
    ])
  })

  test('is found where the offset is a third one, neither that before the change nor that after it', () => {
    // Chita changed from +10 to +8 in 2014 and to +9 in 2016; the first pass of 00:30 is over, and the second one does not count.
    const rrule = 'DTSTART:20141026T003000\nRRULE:FREQ=YEARLY;INTERVAL=2'
    const schedule = scheduleOf({ timeZone: 'Asia/Chita', recurrence: { rrule } })
    const { occurrence } = nextOccurrence(schedule, { after: instant('2014-10-25T14:30:00Z') }, { seed: 's' })
    expect(occurrence?.nominalAt).toBe(instant('2016-10-26T00:30:00+09:00'))
  })

  test('is absent, with the place to go on, where the bound of a search is reached', () => {
    // A gap of an hour with a time each second: more times than one search looks at.
    const rrule = 'DTSTART:20260301T000000\nRRULE:FREQ=SECONDLY;BYHOUR=2'
    const schedule = scheduleOf({ timeZone: 'Europe/Berlin', recurrence: { rrule } })
    let next = nextOccurrence(schedule, { after: instant('2026-03-29T00:59:59Z') }, { seed: 's' })
    expect(next.occurrence).toBeUndefined()
    expect(next.skipped.length).toBe(LIMITS.recurrenceStepsCount)
    let [searches, skipped] = [1, next.skipped.length]
    for (; next.more !== undefined; searches++) {
      next = nextOccurrence(schedule, { after: next.more }, { seed: 's' })
      skipped += next.skipped.length
    }
    expect([searches, skipped]).toEqual([Math.ceil(3_600 / LIMITS.recurrenceStepsCount), 3_600])
    expect(next.occurrence?.nominalAt).toBe(instant('2026-03-30T00:00:00Z'))
  })
})

describe('a schedule', () => {
  test('begins at startAt and ends at endAt, both inclusive', () => {
    const schedule = scheduleOf({
      recurrence: { cron: '0 9 * * *' },
      startAt: '2026-02-01T09:00:00Z',
      endAt: '2026-02-03T09:00:00Z',
    })
    for (const cursor of [{ from: 0 }, { after: 0 }, { endedAt: 0 }])
      expect(chain(schedule, cursor, 9).map(nominalOf)).toEqual([
        instant('2026-02-01T09:00:00Z'),
        instant('2026-02-02T09:00:00Z'),
        instant('2026-02-03T09:00:00Z'),
        undefined,
      ])
  })

  test('has its first occurrence of a rate at the anchor, and the others on its grid', () => {
    const rate = { recurrence: { rate: '25m' }, startAt: '2026-02-01T09:00:00Z' }
    expect(times(rate, '2026-01-01T00:00:00Z', 3)).toEqual([
      '2026-02-01T09:00:00Z',
      '2026-02-01T09:25:00Z',
      '2026-02-01T09:50:00Z',
    ])
    expect(times(rate, '2026-02-01T09:30:00Z', 1)).toEqual(['2026-02-01T09:50:00Z'])
  })

  test('counts a rate with fixedDelay from the end of the run before', () => {
    const schedule = scheduleOf({ recurrence: { rate: '25m' }, mode: 'fixedDelay', startAt: '2026-02-01T09:00:00Z' })
    const next = (cursor: Parameters<typeof nextOccurrence>[1]) => nominalOf(nextOccurrence(schedule, cursor, { seed: 's' }))
    expect(next({ from: 0 })).toBe(instant('2026-02-01T09:00:00Z'))
    expect(next({ endedAt: instant('2026-02-01T09:40:00Z') })).toBe(instant('2026-02-01T10:05:00Z'))
    expect(next({ after: instant('2026-02-01T09:00:00Z') })).toBe(instant('2026-02-01T09:25:00Z'))
  })

  test('moves all occurrences of a series by one spread, and each by its own jitter', () => {
    const schedule = scheduleOf({ recurrence: { rate: '1h' }, spread: '10m', jitter: '1m' })
    const shiftsOf = (seed: string) =>
      chain(schedule, { from: schedule.anchor }, 50, seed).map(
        ({ occurrence }) => (occurrence?.at ?? 0) - (occurrence?.nominalAt ?? 0),
      )
    const [a, b] = [shiftsOf('acme/a'), shiftsOf('acme/b')]
    expect(shiftsOf('acme/a')).toEqual(a)
    expect(Math.max(...a) - Math.min(...a)).toBeLessThan(60_000)
    expect(new Set(a).size).toBeGreaterThan(45)
    expect(Math.abs((a[0] ?? 0) - (b[0] ?? 0))).toBeGreaterThan(60_000)
  })

  test('is written as it was read', () => {
    const written = {
      recurrence: { rrule: 'FREQ=DAILY', exdates: ['2026-12-24T09:00:00'] },
      timeZone: 'Europe/Berlin',
      daylightSaving: { gap: 'shift' },
      mode: 'fixedDelay',
      startAt: '2026-02-01T09:00:00.000Z',
      endAt: '2027-02-01T09:00:00.000Z',
      jitter: '30s',
      spread: '5m',
    }
    const schedule = scheduleOf(written)
    expect(writeSchedule(schedule)).toEqual(written)
    expect(readSchedule(writeSchedule(schedule), 0)).toEqual({ schedule })
  })
})
