import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal } from '../../core/refusal.ts'
import {
  DEFAULT_RETRY,
  maxAttempts,
  type RetryInput,
  type RetryPolicy,
  readRetry,
  retryWait,
  writeRetry,
} from '../../core/retry.ts'

const waitMs = fc.integer({ min: 0, max: LIMITS.retryWaitMs })
const attempts = fc.integer({ min: 1, max: LIMITS.attemptsCount })
const policy: fc.Arbitrary<RetryPolicy> = fc.oneof(
  fc.constant({ policy: 'none' as const }),
  fc.record({ policy: fc.constant('fixed' as const), waitMs, attempts }),
  fc
    .record({ policy: fc.constant('exponential' as const), waitMs, maxWaitMs: waitMs, attempts })
    .map((it) => ({ ...it, maxWaitMs: Math.max(it.waitMs, it.maxWaitMs) })),
)

describe('when a retry is made', () => {
  it('is never, with none', () => {
    expect(retryWait({ policy: 'none' }, 1, 'id')).toBeUndefined()
    expect(maxAttempts({ policy: 'none' })).toBe(1)
  })

  it('is after the same wait each time, with fixed', () => {
    const fixed = { policy: 'fixed', waitMs: 1_000, attempts: 3 } as const
    expect([1, 2, 3, 4].map((made) => retryWait(fixed, made, 'id'))).toEqual([1_000, 1_000, undefined, undefined])
  })

  it('doubles up to the cap, with exponential, less at most a fifth', () => {
    const exponential = { policy: 'exponential', waitMs: 1_000, maxWaitMs: 5_000, attempts: 6 } as const
    const nominal = [1_000, 2_000, 4_000, 5_000, 5_000]
    nominal.forEach((most, index) => {
      const wait = retryWait(exponential, index + 1, 'id') ?? Number.NaN
      expect(wait).toBeGreaterThanOrEqual(most * 0.8 - 1)
      expect(wait).toBeLessThanOrEqual(most)
    })
    expect(retryWait(exponential, 6, 'id')).toBeUndefined()
  })

  it('is the same on a replay, and differs between tasks that failed together', () => {
    const waits = Array.from({ length: 100 }, (_, index) => retryWait(DEFAULT_RETRY, 1, `task-${index}`))
    expect(Array.from({ length: 100 }, (_, index) => retryWait(DEFAULT_RETRY, 1, `task-${index}`))).toEqual(waits)
    expect(new Set(waits).size).toBeGreaterThan(80)
  })

  it('ends exactly at the attempts that may be made, and is always a whole number of ms within the bound', () => {
    fc.assert(
      fc.property(policy, fc.integer({ min: 1, max: LIMITS.attemptsCount + 1 }), fc.string(), (retry, made, seed) => {
        const wait = retryWait(retry, made, seed)
        expect(wait === undefined).toBe(made >= maxAttempts(retry))
        if (wait !== undefined) {
          expect(Number.isInteger(wait)).toBe(true)
          expect(wait).toBeGreaterThanOrEqual(0)
          expect(wait).toBeLessThanOrEqual(LIMITS.retryWaitMs)
        }
      }),
    )
  })
})

describe('a written policy', () => {
  it.each<[RetryInput, RetryPolicy]>([
    [{ policy: 'none' }, { policy: 'none' }],
    [{ policy: 'fixed' }, { policy: 'fixed', waitMs: 5_000, attempts: 3 }],
    [
      { policy: 'fixed', wait: '1m', attempts: 5 },
      { policy: 'fixed', waitMs: 60_000, attempts: 5 },
    ],
    [{ policy: 'exponential' }, DEFAULT_RETRY],
    [
      { policy: 'exponential', wait: '1h' },
      { policy: 'exponential', waitMs: 3_600_000, maxWaitMs: 3_600_000, attempts: 3 },
    ],
    [
      { policy: 'exponential', wait: '1s', maxWait: '1s', attempts: 1 },
      { policy: 'exponential', waitMs: 1_000, maxWaitMs: 1_000, attempts: 1 },
    ],
  ])('%j is read', (written, read) => {
    expect(readRetry(written)).toEqual(read)
  })

  it.each<[RetryInput, string, string]>([
    [{ policy: 'fixed', attempts: 0 }, '/attempts', 'attempts is 0'],
    [{ policy: 'fixed', attempts: 1.5 }, '/attempts', 'attempts is 1.5'],
    [{ policy: 'fixed', attempts: LIMITS.attemptsCount + 1 }, '/attempts', 'from 1 to 100'],
    [{ policy: 'fixed', wait: 'soon' }, '/wait', 'wait is "soon"'],
    [{ policy: 'fixed', wait: '8d' }, '/wait', 'at most 7d'],
    [{ policy: 'fixed', maxWait: '1m' }, '/maxWait', 'exponential'],
    [{ policy: 'exponential', maxWait: '2s' }, '/maxWait', 'maxWait 2s is shorter than wait 5s'],
    [{ policy: 'exponential', maxWait: '8d' }, '/maxWait', 'at most 7d'],
    [{ policy: 'none', attempts: 5 }, '/attempts', '"none"'],
    [{ policy: 'none', wait: '5s' }, '/wait', '"none"'],
    [{ policy: 'none', maxWait: '5s' }, '/maxWait', '"none"'],
  ])('%j is refused at %s', (written, path, words) => {
    const answer = readRetry(written)
    expect(answer).toMatchObject({ refused: 'invalid', path, message: expect.stringContaining(words) })
  })

  it('comes back from writing as the same policy', () => {
    fc.assert(
      fc.property(policy, (retry) => {
        const read = readRetry(writeRetry(retry))
        expect(isRefusal(read)).toBe(false)
        expect(read).toEqual(retry)
      }),
    )
  })
})
