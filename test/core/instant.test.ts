import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { iso, parseInstant } from '../../core/instant.ts'

describe('instants', () => {
  it.each([
    ['1970-01-01T00:00:00Z', 0],
    ['2026-11-21T20:00:00.250+01:00', Date.UTC(2026, 10, 21, 19, 0, 0, 250)],
    ['2026-11-21T20:00Z', Date.UTC(2026, 10, 21, 20)],
    ['2026-11-21T20:00:00-05:30', Date.UTC(2026, 10, 22, 1, 30)],
    ['2026-11-21T20:00:00.123456789Z', Date.UTC(2026, 10, 21, 20, 0, 0, 123)],
    ['2028-02-29T00:00:00Z', Date.UTC(2028, 1, 29)],
    ['2026-11-21T24:00:00Z', Date.UTC(2026, 10, 22)],
  ])('%s is read', (text, at) => {
    expect(parseInstant(text)).toBe(at)
  })

  it.each([
    '',
    '2026-11-21',
    '2026-11-21T20:00:00',
    '2026-11-21 20:00:00Z',
    '2026-11-21T20Z',
    '2026-11-21T20:00:00z',
    '2026-11-21T20:00:00Z (noon)',
    '2026-11-21T20:00:00+0100',
    '2026-11-21T20:00:00+01',
    '2026-11-21T20:00:00+24:00',
    '2026-11-21T20:00:00+01:60',
    '2026-02-29T00:00:00Z',
    '2026-06-31T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-13-10T00:00:00Z',
    '2026-11-00T00:00:00Z',
    '2026-11-21T25:00:00Z',
    '2026-11-21T20:60:00Z',
    '2026-11-21T23:59:60Z',
    '2026-11-21T20:00:00.Z',
    '26-11-21T20:00:00Z',
    '1795291200000',
    ' 2026-11-21T20:00:00Z',
  ])('%j is refused', (text) => {
    expect(parseInstant(text)).toBeUndefined()
  })

  it('keep their milliseconds when written and read back', () => {
    const instant = fc.integer({ min: Date.UTC(1970, 0, 1), max: Date.UTC(9999, 11, 31) })
    fc.assert(fc.property(instant, (at) => parseInstant(iso(at)) === at))
  })

  it('are the same in every offset', () => {
    const instant = fc.integer({ min: Date.UTC(1971, 0, 1), max: Date.UTC(2100, 0, 1) })
    const offsetMinutes = fc.integer({ min: -14 * 60, max: 14 * 60 })
    fc.assert(
      fc.property(instant, offsetMinutes, (at, minutes) => {
        const clock = String(Math.floor(Math.abs(minutes) / 60)).padStart(2, '0')
        const offset = `${minutes < 0 ? '-' : '+'}${clock}:${String(Math.abs(minutes) % 60).padStart(2, '0')}`
        expect(parseInstant(iso(at + minutes * 60_000).replace('Z', offset))).toBe(at)
      }),
    )
  })

  it('are refused on a day that the month does not have', () => {
    const month = fc.integer({ min: 1, max: 12 })
    fc.assert(
      fc.property(fc.integer({ min: 1970, max: 2200 }), month, fc.integer({ min: 1, max: 31 }), (year, month, day) => {
        const text = `${year}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}T12:00:00Z`
        const exists = new Date(Date.UTC(year, month - 1, day)).getUTCDate() === day
        expect(parseInstant(text) !== undefined).toBe(exists)
      }),
    )
  })
})
