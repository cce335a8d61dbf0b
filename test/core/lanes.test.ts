import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CONTROL_LANE, DEFAULT_LANE, DEFAULT_LANES, deadlineMarginMs, lane, laneFaults } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'

describe('lanes', () => {
  it('are high, normal, low and long by default, with safe bounds', () => {
    expect(Object.keys(DEFAULT_LANES)).toEqual(['high', 'normal', 'low', 'long'])
    expect(DEFAULT_LANES[DEFAULT_LANE]?.name).toBe(DEFAULT_LANE)
    expect(Object.values(DEFAULT_LANES).flatMap(laneFaults)).toEqual([])
    for (const [name, it] of Object.entries(DEFAULT_LANES)) expect(it.name).toBe(name)
  })

  it('keep handler < function < lease ≤ visibility for every function timeout that Lambda allows', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: LIMITS.functionTimeoutMs }), (functionTimeoutMs) => {
        const it = lane('it', functionTimeoutMs)
        expect(laneFaults(it)).toEqual([])
        expect(it.handlerTimeoutMs).toBeGreaterThan(0)
        expect(it.handlerTimeoutMs).toBeLessThan(it.functionTimeoutMs)
        expect(it.functionTimeoutMs).toBeLessThan(it.leaseMs)
        expect(it.leaseMs).toBeLessThanOrEqual(it.visibilityMs)
        // Otherwise SQS would delete a message that is never processed before it becomes a dead letter.
        expect(LIMITS.queueReceiveCount * it.visibilityMs).toBeLessThan(LIMITS.queueKeepMs)
      }),
    )
  })

  it('do not include the control lane, whose bounds are safe too', () => {
    expect(laneFaults({ ...CONTROL_LANE, name: 'it' })).toEqual([])
    expect(Object.keys(DEFAULT_LANES)).not.toContain(CONTROL_LANE.name)
  })

  it('let a message outlast hours of throttling, and redeliver that of a crashed worker soon after its lease', () => {
    const hours = Object.values(DEFAULT_LANES).map((it) => [it.name, (LIMITS.queueReceiveCount * it.visibilityMs) / 3_600_000])
    expect(Object.fromEntries(hours)).toEqual({
      high: 5.208333333333333,
      normal: 5.208333333333333,
      low: 5.208333333333333,
      long: 59.375,
    })
    for (const it of Object.values(DEFAULT_LANES)) expect(it.visibilityMs - it.leaseMs).toBe(5_000)
  })

  it('run so many tasks at once by default', () => {
    const counts = [...Object.values(DEFAULT_LANES), CONTROL_LANE].map((it) => [it.name, it.maxConcurrency])
    expect(Object.fromEntries(counts)).toEqual({ high: 100, normal: 50, low: 10, long: 20, control: 10 })
  })

  it.each([
    [60_000, 5_000],
    [840_000, 5_000],
    [6_000, 500],
  ])('of %i ms interrupt an attempt %i ms before the end, and never before its timeout', (functionTimeoutMs, marginMs) => {
    const it = lane('it', functionTimeoutMs)
    expect(deadlineMarginMs(it)).toBe(Math.min(marginMs, LIMITS.deadlineMarginMs))
    expect(functionTimeoutMs - deadlineMarginMs(it)).toBeGreaterThanOrEqual(it.handlerTimeoutMs)
  })

  const sound = lane('it', 60_000)
  it.each([
    { functionTimeoutMs: LIMITS.functionTimeoutMs, leaseMs: 910_000, visibilityMs: 915_000 },
    { leaseMs: sound.visibilityMs },
    { visibilityMs: LIMITS.queueVisibilityMs },
    { maxConcurrency: LIMITS.laneConcurrencyLeastCount },
    { maxConcurrency: LIMITS.laneConcurrencyMostCount },
    { batchCount: LIMITS.queueBatchCount },
  ])('are sound at their bounds: %j', (bound) => expect(laneFaults({ ...sound, ...bound })).toEqual([]))

  it.each([
    [{ name: 'control' }, 'the name is reserved for gates and bulk operations; choose another'],
    [{ handlerTimeoutMs: 0 }, 'handler timeout 0 ms must be positive'],
    [{ handlerTimeoutMs: 60_000 }, 'must be below the function timeout 60000 ms'],
    [{ leaseMs: 60_000 }, 'must be below the lease 60000 ms'],
    [{ visibilityMs: 69_999 }, 'must be at most the visibility 69999 ms'],
    [{ visibilityMs: LIMITS.queueVisibilityMs + 1 }, `must be at most ${LIMITS.queueVisibilityMs} ms`],
    [{ maxConcurrency: 1 }, 'max concurrency 1 must be 2 to 1000'],
    [{ maxConcurrency: 1_001 }, 'max concurrency 1001 must be 2 to 1000'],
    [{ batchCount: 0 }, 'batch 0 must be 1 to 10'],
    [{ batchCount: 11 }, 'batch 11 must be 1 to 10'],
    [
      { functionTimeoutMs: 900_001, leaseMs: 910_000, visibilityMs: 915_000 },
      `function timeout 900001 ms must be at most ${LIMITS.functionTimeoutMs} ms`,
    ],
  ])('with %j are refused for exactly one reason', (wrong, words) => {
    expect(laneFaults({ ...sound, ...wrong })).toEqual([expect.stringContaining(words)])
    expect(laneFaults({ ...sound, ...wrong })[0]).toMatch(/^lane (it|control): /)
  })
})
