import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { hasMoment, nextWithMoment } from '../../../engine/sweep/watch.ts'

const MINUTE = 60_000
const DUE = 1_000_000 * MINUTE
const MOMENTS = [2, 4, 8, 16, 32, 64, 96, 128]

/** Sweeps at these minutes after the due time; each one takes the moments since the one before. */
const repairsAt = (minutes: readonly number[]): readonly number[] =>
  minutes.filter((to, index) => {
    const from = minutes[index - 1] ?? 0
    return hasMoment(DUE, { from: DUE + from * MINUTE, to: DUE + to * MINUTE })
  })

describe('the moments of a sweep', () => {
  test('come 2, 4, 8, 16 and 32 minutes after the due time, and then every 32 minutes', () => {
    const each = Array.from({ length: 130 }, (_, minute) => minute)
    expect(repairsAt(each)).toEqual(MOMENTS)
  })

  test('are each taken by one sweep, however late it comes', () => {
    expect(repairsAt([1, 6, 11, 16, 21, 26, 31, 36])).toEqual([6, 11, 16, 36])
    expect(repairsAt([1, 3, 3.5, 40, 45])).toEqual([3, 40])
  })

  test('are taken as often as there are moments, if no two are in one interval', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 119_999 }), { minLength: 1, maxLength: 200 })
    fc.assert(
      fc.property(gaps, (ms) => {
        let to = DUE
        let count = 0
        for (const gap of ms) {
          const interval = { from: to, to: to + gap }
          if (hasMoment(DUE, interval)) count++
          to += gap
        }
        expect(count).toBe(MOMENTS.filter((minutes) => minutes * MINUTE <= to - DUE).length)
      }),
    )
  })

  test('nextWithMoment skips exactly the due times without a moment', () => {
    const overdue = fc.integer({ min: LIMITS.sweepGraceMs, max: 3_000 * MINUTE })
    const length = fc.integer({ min: 1, max: 200 * MINUTE })
    fc.assert(
      fc.property(overdue, length, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (ms, lengthMs, share) => {
        const interval = { from: DUE - lengthMs, to: DUE }
        const at = DUE - ms
        const next = nextWithMoment(at, interval)
        expect(Number.isSafeInteger(next)).toBe(true)
        expect(hasMoment(next, interval)).toBe(true)
        if (next === at) return
        expect(hasMoment(at + Math.floor(share * (next - at)), interval)).toBe(false)
        expect(hasMoment(next - 1, interval)).toBe(false)
      }),
    )
  })
})
