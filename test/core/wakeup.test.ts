import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { isFar, remainingDelay, wakeup } from '../../core/wakeup.ts'

const NOW = Date.UTC(2026, 10, 21, 20, 0, 30, 123)
const anyNow = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) })
const ahead = fc.integer({ min: -LIMITS.horizonMs, max: LIMITS.horizonMs })

describe('a wake-up', () => {
  it.each([
    ['in the past', -1_000, { by: 'queue', delayMs: 0 }],
    ['now', 0, { by: 'queue', delayMs: 0 }],
    ['in a millisecond', 1, { by: 'queue', delayMs: 1 }],
    ['in 30 s', 30_000, { by: 'queue', delayMs: 30_000 }],
    ['in exactly 15 minutes', 900_000, { by: 'queue', delayMs: 900_000 }],
    ['a millisecond later than that', 900_001, { by: 'timer', at: Date.UTC(2026, 10, 21, 20, 14) }],
    ['in an hour', 3_600_000, { by: 'timer', at: Date.UTC(2026, 10, 21, 20, 59) }],
  ])('%s', (_, inMs, expected) => {
    expect(wakeup(NOW, NOW + inMs)).toEqual(expected)
  })

  it('by queue has a delay that one message allows, and is exact', () => {
    fc.assert(
      fc.property(anyNow, fc.integer({ min: 0, max: LIMITS.queueDelayMs }), (now, inMs) => {
        expect(wakeup(now, now + inMs)).toEqual({ by: 'queue', delayMs: inMs })
      }),
    )
  })

  it('by timer is on a whole minute in the future, in time for a late timer, and leaves at most the delay of one message', () => {
    fc.assert(
      fc.property(anyNow, fc.integer({ min: LIMITS.queueDelayMs + 1, max: LIMITS.horizonMs }), (now, inMs) => {
        const dueAt = now + inMs
        const it = wakeup(now, dueAt)
        if (it.by !== 'timer') throw new Error('a far wake-up is by timer')
        expect(it.at % 60_000).toBe(0)
        expect(it.at).toBeGreaterThan(now)
        expect(it.at + LIMITS.timerToleranceMs).toBeLessThanOrEqual(dueAt)
        expect(dueAt - it.at).toBeLessThanOrEqual(LIMITS.queueDelayMs)
      }),
    )
  })

  it('is by timer exactly when it is far', () => {
    fc.assert(fc.property(anyNow, ahead, (now, inMs) => (wakeup(now, now + inMs).by === 'timer') === isFar(now, now + inMs)))
  })

  it('that is early is sent again with the remaining delay, at most the delay of one message', () => {
    fc.assert(
      fc.property(anyNow, ahead, (now, inMs) => {
        const delayMs = remainingDelay(now, now + inMs)
        expect(delayMs).toBe(Math.min(LIMITS.queueDelayMs, Math.max(0, inMs)))
      }),
    )
  })
})
