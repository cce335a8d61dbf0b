import { expect, test } from 'vitest'
import { nextOccurrence } from '../../../core/recurrence/next.ts'
import { chain, instant, scheduleOf, skips, times } from './occurrences.ts'

/** Faults that users of other schedulers reported. Each test is named after the kind of fault; none may happen here. */

const HOUR = 3_600_000
const berlin = { timeZone: 'Europe/Berlin' }

test('a daily run at a skipped time is lost, or at a repeated time is made twice', () => {
  const daily = { ...berlin, recurrence: { cron: '30 2 * * *' } }
  const days = (from: string) => times({ ...daily, daylightSaving: { gap: 'shift' } }, from, 4).map((time) => time.slice(0, 10))
  expect(days('2026-03-27T12:00:00Z')).toEqual(['2026-03-28', '2026-03-29', '2026-03-30', '2026-03-31'])
  expect(days('2026-10-23T12:00:00Z')).toEqual(['2026-10-24', '2026-10-25', '2026-10-26', '2026-10-27'])
  // Without shift the day is left out on purpose: the search says so.
  const [, next] = chain(scheduleOf(daily), { from: instant('2026-03-27T12:00:00Z') }, 2)
  expect(next?.skipped.map(({ code, nominalAt }) => [code, nominalAt])).toEqual([['gap', instant('2026-03-29T01:30:00Z')]])
})

test.each([
  ['a cron with a wildcard', { cron: '*/30 * * * *' }],
  ['a rate', { rate: '30m' }],
  ['a rule with a frequency below a day', { rrule: 'DTSTART:20260101T000000\nRRULE:FREQ=MINUTELY;INTERVAL=30' }],
])('an interval stands still for the repeated hour: %s', (_, recurrence) => {
  for (const from of ['2026-10-24T20:00:00Z', '2026-03-28T20:00:00Z']) {
    const at = chain(scheduleOf({ ...berlin, recurrence }, from), { from: instant(from) }, 24).map(
      (it) => it.occurrence?.nominalAt ?? 0,
    )
    expect(at.map((time) => time - instant(from))).toEqual(Array.from({ length: 24 }, (__, index) => (index * HOUR) / 2))
  }
})

test.each([
  ['America/Santiago', '2026-09-06'],
  ['Asia/Beirut', '2026-03-29'],
  ['Africa/Cairo', '2026-04-24'],
  ['America/Sao_Paulo', '2018-11-04'],
])('a day is skipped in a zone whose clocks change at midnight: %s', (timeZone, day) => {
  const dayBefore = new Date(Date.parse(day) - 24 * HOUR).toISOString().slice(0, 10)
  const dayAfter = new Date(Date.parse(day) + 24 * HOUR).toISOString().slice(0, 10)
  const from = `${dayBefore}T06:00:00Z`
  const noons = times({ timeZone, recurrence: { cron: '0 12 * * *' } }, from, 3)
  expect(noons.map((time) => time.slice(0, 16))).toEqual([`${dayBefore}T12:00`, `${day}T12:00`, `${dayAfter}T12:00`])
  const midnights = { timeZone, recurrence: { cron: '0 0 * * *' } }
  const shifted = times({ ...midnights, daylightSaving: { gap: 'shift' } }, from, 2)
  expect(shifted.map((time) => time.slice(0, 16))).toEqual([`${day}T01:00`, `${dayAfter}T00:00`])
  expect(skips(midnights, from, 1)).toEqual([`gap: ${day}T00:00:00 does not exist in ${timeZone}: the clocks go forward`])
})

test('all runs are an hour off after the change, because the next time was computed in UTC', () => {
  const series = { ...berlin, recurrence: { cron: '0 9 * * *' } }
  for (const from of ['2026-03-26T00:00:00Z', '2026-10-22T00:00:00Z'])
    expect(times(series, from, 8).map((time) => time.slice(11, 16))).toEqual(Array.from({ length: 8 }, () => '09:00'))
})

test('a run before the change is made once too often, an hour early and an hour late', () => {
  const found = times({ ...berlin, recurrence: { cron: '0 2 * * *' } }, '2026-10-24T12:00:00Z', 2)
  expect(found).toEqual(['2026-10-25T02:00:00+02:00', '2026-10-26T02:00:00+01:00'])
  expect(times({ ...berlin, recurrence: { cron: '0 1,3 * * *' } }, '2026-03-28T12:00:00Z', 3)).toEqual([
    '2026-03-29T01:00:00+01:00',
    '2026-03-29T03:00:00+02:00',
    '2026-03-30T01:00:00+02:00',
  ])
})

test('an interval that is counted from the start of a process never comes due when processes live shorter', () => {
  const schedule = scheduleOf({ recurrence: { rate: '1d' } }, '2026-01-01T06:00:00Z')
  // Each process asks anew, at any time: the grid is that of the anchor.
  for (const asked of ['2026-01-01T06:00:01Z', '2026-01-01T18:00:00Z', '2026-01-02T05:59:59Z'])
    expect(nextOccurrence(schedule, { after: instant(asked) }, { seed: 's' }).occurrence?.nominalAt).toBe(
      instant('2026-01-02T06:00:00Z'),
    )
})
