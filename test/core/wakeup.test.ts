import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fraction } from '../../core/hash.ts'
import { LIMITS } from '../../core/limits.ts'
import { isFar, remainingDelay, wakeup } from '../../core/wakeup.ts'

const NOW = Date.UTC(2026, 10, 21, 20, 0, 30, 123)
const anyNow = fc.integer({ min: 0, max: Date.UTC(2100, 0, 1) })
const anyId = fc.string()
const ahead = fc.integer({ min: -LIMITS.horizonMs, max: LIMITS.horizonMs })

describe('a wake-up', () => {
  it.each([
    ['in the past', -1_000, { by: 'queue', delayMs: 0 }],
    ['now', 0, { by: 'queue', delayMs: 0 }],
    ['in a millisecond', 1, { by: 'queue', delayMs: 1 }],
    ['in 30 s', 30_000, { by: 'queue', delayMs: 30_000 }],
    ['in exactly 15 minutes', 900_000, { by: 'queue', delayMs: 900_000 }],
    ['a millisecond later than that', 900_001, { by: 'timer', at: Date.UTC(2026, 10, 21, 20, 8) }],
    ['in an hour', 3_600_000, { by: 'timer', at: Date.UTC(2026, 10, 21, 20, 53) }],
  ])('%s', (_, inMs, expected) => {
    expect(wakeup(NOW, NOW + inMs, 't1')).toEqual(expected)
  })

  // Its timer would be due within a minute, and Scheduler refuses a time in the past.
  it('by timer that is almost due is a minute later', () => {
    const id = Array.from({ length: 1_000 }, (_, index) => `t${index}`).find((it) => fraction(it) * 14 >= 13) ?? ''
    const now = Date.UTC(2026, 10, 21, 20, 0, 59, 999)
    expect(wakeup(now, now + 900_001, id)).toEqual({ by: 'timer', at: Date.UTC(2026, 10, 21, 20, 2) })
  })

  it('by queue has a delay that one message allows, and is exact', () => {
    fc.assert(
      fc.property(anyNow, fc.integer({ min: 0, max: LIMITS.queueDelayMs }), anyId, (now, inMs, id) => {
        expect(wakeup(now, now + inMs, id)).toEqual({ by: 'queue', delayMs: inMs })
      }),
    )
  })

  it('by timer is on a whole minute, a minute or more in the future and 1 to 15 minutes before its time', () => {
    fc.assert(
      fc.property(anyNow, fc.integer({ min: LIMITS.queueDelayMs + 1, max: LIMITS.horizonMs }), anyId, (now, inMs, id) => {
        const dueAt = now + inMs
        const it = wakeup(now, dueAt, id)
        if (it.by !== 'timer') throw new Error('a far wake-up is by timer')
        expect(it.at % 60_000).toBe(0)
        // The relay needs a moment to arm it, and Scheduler refuses a time in the past.
        expect(it.at).toBeGreaterThanOrEqual(now + 60_000)
        expect(it.at + LIMITS.timerToleranceMs).toBeLessThanOrEqual(dueAt)
        // One message bridges the rest, also when the timer fires at once.
        expect(dueAt - it.at).toBeLessThan(LIMITS.queueDelayMs)
        // Armed again later, it has the same time, except at the limit of a delayed message.
        if (inMs > LIMITS.queueDelayMs + 2 * 60_000) expect(wakeup(now + 60_000, dueAt, id)).toEqual(it)
      }),
    )
  })

  it('by timer of many rows that are due at one time are spread evenly over fourteen minutes', () => {
    const dueAt = NOW + 3_600_000
    const byMinute = Map.groupBy(
      Array.from({ length: 14_000 }, (_, index) => wakeup(NOW, dueAt, `t${index}`)),
      (it) => (it.by === 'timer' ? it.at : 0),
    )
    expect(byMinute.size).toBe(14)
    for (const timers of byMinute.values()) expect(Math.abs(timers.length - 1_000)).toBeLessThan(150)
  })

  it('is by timer exactly when it is far', () => {
    fc.assert(
      fc.property(
        anyNow,
        ahead,
        anyId,
        (now, inMs, id) => (wakeup(now, now + inMs, id).by === 'timer') === isFar(now, now + inMs),
      ),
    )
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
