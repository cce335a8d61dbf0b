import { describe, expect, test } from 'vitest'
import { skips, times } from './occurrences.ts'

const berlin = { timeZone: 'Europe/Berlin' }
const daily = { ...berlin, recurrence: { cron: '30 2 * * *' } }

describe('a time that the clocks skip', () => {
  test('has no occurrence by default, and is reported', () => {
    expect(times(daily, '2026-03-28T00:00:00Z', 2)).toEqual(['2026-03-28T02:30:00+01:00', '2026-03-30T02:30:00+02:00'])
    expect(skips(daily, '2026-03-28T00:00:00Z', 3)).toEqual([
      'gap: 2026-03-29T02:30:00 does not exist in Europe/Berlin: the clocks go forward',
    ])
  })

  test('is later by the length of the gap with shift', () => {
    const shifted = { ...daily, daylightSaving: { gap: 'shift' } }
    expect(times(shifted, '2026-03-28T00:00:00Z', 3)).toEqual([
      '2026-03-28T02:30:00+01:00',
      '2026-03-29T03:30:00+02:00',
      '2026-03-30T02:30:00+02:00',
    ])
  })

  test('makes no second occurrence with shift where the recurrence names the later time too', () => {
    const shifted = { ...berlin, recurrence: { cron: '0 2,3 * * *' }, daylightSaving: { gap: 'shift' } }
    expect(times(shifted, '2026-03-29T00:00:00Z', 2)).toEqual(['2026-03-29T03:00:00+02:00', '2026-03-30T02:00:00+02:00'])
  })
})

describe('a time that the clocks repeat', () => {
  test.each([
    ['first', ['2026-10-25T02:30:00+02:00', '2026-10-26T02:30:00+01:00']],
    ['second', ['2026-10-25T02:30:00+01:00', '2026-10-26T02:30:00+01:00']],
    ['both', ['2026-10-25T02:30:00+02:00', '2026-10-25T02:30:00+01:00']],
  ])('occurs as the series says: %s', (overlap, expected) => {
    expect(times({ ...daily, daylightSaving: { overlap } }, '2026-10-24T12:00:00Z', 2)).toEqual(expected)
  })

  test('occurs once by default', () => {
    expect(times(daily, '2026-10-24T12:00:00Z', 2)).toEqual(['2026-10-25T02:30:00+02:00', '2026-10-26T02:30:00+01:00'])
  })

  test('occurs in both passes by default for a five-field cron with a wildcard in minute or hour', () => {
    expect(times({ ...berlin, recurrence: { cron: '*/30 * * * *' } }, '2026-10-24T23:30:00Z', 6)).toEqual([
      '2026-10-25T01:30:00+02:00',
      '2026-10-25T02:00:00+02:00',
      '2026-10-25T02:30:00+02:00',
      '2026-10-25T02:00:00+01:00',
      '2026-10-25T02:30:00+01:00',
      '2026-10-25T03:00:00+01:00',
    ])
  })
})

test('a day that a zone leaves out wholly has no occurrence, or with shift one on the day after', () => {
  const apia = { timeZone: 'Pacific/Apia', recurrence: { cron: '0 9 * * *' } }
  const from = '2011-12-29T00:00:00Z'
  const days = ['2011-12-29T09:00:00-10:00', '2011-12-31T09:00:00+14:00', '2012-01-01T09:00:00+14:00']
  expect(times(apia, from, 3)).toEqual(days)
  expect(times({ ...apia, daylightSaving: { gap: 'shift' } }, from, 3)).toEqual(days)
})
