import { describe, expect, test } from 'vitest'
import { type Cursor, countsFromEnd, nextOccurrence } from '../../../core/recurrence/next.ts'
import { showInZone } from '../../../core/recurrence/zone.ts'
import { listed } from './listed.ts'
import { scheduleOf } from './occurrences.ts'

describe('a chained recurrence in a zone', () => {
  const daily = { recurrence: { jobQueue: { startingTime: '02:30' } }, timeZone: 'Europe/Berlin' }

  test('skips a time in a gap, and runs on the next day', () =>
    expect(listed(daily, '2026-03-28T00:00Z', 3)).toEqual([
      '2026-03-28T02:30:00+01:00 window: 2026-03-28T01:00:00 is outside the window of the job queue',
      'not 2026-03-29T03:30:00+02:00: 2026-03-29T02:30:00 does not exist in Europe/Berlin: the clocks go forward',
      '2026-03-30T02:30:00+02:00',
      '2026-03-31T02:30:00+02:00',
    ]))

  test('shifts a time in a gap when asked', () =>
    expect(listed({ ...daily, daylightSaving: { gap: 'shift' } }, '2026-03-28T02:30:00Z', 2)[1]).toContain(
      '2026-03-29T03:30:00+02:00 gap:',
    ))

  test.each([
    ['first', '2026-10-25T02:30:00+02:00'],
    ['second', '2026-10-25T02:30:00+01:00'],
    ['both', '2026-10-25T02:30:00+02:00'],
  ])('runs once in a repeated hour: %s', (overlap, expected) => {
    const lines = listed({ ...daily, daylightSaving: { overlap } }, '2026-10-24T01:00:00Z', 3)
    expect(lines[1]).toContain(expected)
    expect(lines[2]).toBe('2026-10-26T02:30:00+01:00')
  })

  test('does not go back to a pass of a repeated hour that is over', () => {
    const schedule = scheduleOf({
      recurrence: { jobQueue: { everyMinutes: 10, startingTime: '02:30' } },
      timeZone: 'Europe/Berlin',
    })
    const { occurrence } = nextOccurrence(schedule, { endedAt: Date.parse('2026-10-25T02:05:00+01:00') }, { seed: 'a' })
    expect(showInZone('Europe/Berlin', occurrence?.nominalAt ?? Number.NaN)).toBe('2026-10-25T02:30:00+01:00')
  })

  test('keeps the pace of its minutes through a repeated hour', () =>
    expect(
      listed({ recurrence: { jobQueue: { everyMinutes: 30 } }, timeZone: 'Europe/Berlin' }, '2026-10-25T02:00:00+02:00', 4),
    ).toEqual([
      '2026-10-25T02:00:00+02:00',
      '2026-10-25T02:30:00+02:00',
      '2026-10-25T02:00:00+01:00',
      '2026-10-25T02:30:00+01:00',
    ]))

  test('says why a run is later than its minutes', () => {
    const schedule = scheduleOf({
      recurrence: { jobQueue: { everyMinutes: 60, weekdays: ['sunday', 'tuesday'], endingTime: '23:00' } },
    })
    const reasonsAfter = (endedAt: string) =>
      nextOccurrence(schedule, { endedAt: Date.parse(endedAt) }, { seed: 'a' }).occurrence?.reasons.map(({ message }) => message)
    expect(reasonsAfter('2012-01-01T12:00Z')).toEqual([])
    expect(reasonsAfter('2012-01-01T22:30Z')).toEqual(['2012-01-01T23:30:00 is outside the window of the job queue'])
    expect(reasonsAfter('2012-01-02T12:00Z')).toEqual(['2012-01-02T13:00:00 is not on a day on which the job queue runs'])
  })

  test('follows the day on which the run before was due, if that is known', () => {
    const schedule = scheduleOf({ recurrence: { jobQueue: { startingTime: '23:59' } } })
    const following = (cursor: Cursor) =>
      showInZone('UTC', nextOccurrence(schedule, cursor, { seed: 'a' }).occurrence?.nominalAt ?? Number.NaN)
    const endedAt = Date.UTC(2026, 0, 2, 0, 10)
    expect(following({ endedAt, dueAt: Date.UTC(2026, 0, 1, 23, 59) })).toBe('2026-01-02T23:59:00Z')
    expect(following({ endedAt })).toBe('2026-01-03T23:59:00Z')
  })

  test.each([
    [{ recurrence: { jobQueue: {} } }, true],
    [{ recurrence: { dateFormula: '1D' } }, true],
    [{ recurrence: { rate: '1h' }, mode: 'fixedDelay' }, true],
    [{ recurrence: { rate: '1h' } }, false],
    [{ recurrence: { cron: '0 9 * * *' }, mode: 'fixedDelay' }, false],
  ])('%j counts from the end of a run: %s', (written, expected) => expect(countsFromEnd(scheduleOf(written))).toBe(expected))
})
