import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { repairableFrom, repairsNow } from '../../../engine/sweep/repair.ts'

const MINUTE = 60_000
const NOW = 1_000_000 * MINUTE
const overdue = fc.integer({ min: LIMITS.sweepGraceMs, max: 3_000 * MINUTE })

describe('the moments of a sweep', () => {
  test('are windows of two intervals, so that one missed sweep misses none of them', () => {
    expect([2, 11, 12].map((minutes) => repairsNow(minutes * MINUTE))).toEqual([true, true, true])
    expect(repairsNow(MINUTE)).toBe(false)
  })

  test('get further apart in a long backlog, which is not nudged at every sweep', () => {
    const repairs = Array.from({ length: 48 }, (_, turn) => 3 * MINUTE + turn * 5 * MINUTE).filter(repairsNow)
    expect(repairs.map((ms) => ms / MINUTE)).toEqual([
      3, 8, 13, 18, 23, 33, 38, 68, 73, 98, 103, 128, 133, 163, 168, 193, 198, 228, 233,
    ])
  })

  test.each([
    [30, 26 * MINUTE - 1],
    [32, 32 * MINUTE],
    [63, 42 * MINUTE - 1],
    [640, 640 * MINUTE],
    [650, 650 * MINUTE - 1],
  ])('rows that are at most %i minutes overdue are repaired if at most %i ms overdue', (minutes, overdueMs) => {
    expect(NOW - repairableFrom(NOW - minutes * MINUTE, NOW)).toBe(overdueMs)
  })

  test('repairableFrom skips exactly the rows that are not repaired now', () => {
    fc.assert(
      fc.property(overdue, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (ms, share) => {
        const at = NOW - ms
        const from = repairableFrom(at, NOW)
        expect(Number.isSafeInteger(from)).toBe(true)
        expect(repairsNow(NOW - from)).toBe(true)
        if (from === at) return
        expect(repairsNow(NOW - at - Math.floor(share * (from - at)))).toBe(false)
        expect(repairsNow(NOW - (from - 1))).toBe(false)
      }),
    )
  })

  test('come at least twice for each row within eight sweeps', () => {
    fc.assert(
      fc.property(overdue, (ms) => {
        const next = Array.from({ length: 8 }, (_, turn) => repairsNow(ms + turn * LIMITS.sweepEveryMs))
        expect(next.filter((isRepaired) => isRepaired).length).toBeGreaterThanOrEqual(2)
      }),
    )
  })
})
