import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { DEFAULT_RETRY, isTooOld, maxAttempts, type RetryPolicy, retryWait } from '../../../core/retry/policy.ts'
import { policies } from './policies.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** Every wait that a policy gives, until it gives none. */
const waitsOf = (retry: RetryPolicy): readonly number[] => {
  const waits: number[] = []
  for (
    let wait = retryWait(retry, { made: 1 }, 'id');
    wait !== undefined;
    wait = retryWait(retry, { made: waits.length + 1 }, 'id')
  )
    waits.push(wait)
  return waits
}
const times = (count: number, wait: number): readonly number[] => Array.from({ length: count }, () => wait)
const sum = (waits: readonly number[]): number => waits.reduce((all, wait) => all + wait, 0)

describe('when a retry is made', () => {
  it.each<readonly [string, RetryPolicy, readonly number[]]>([
    ['never, with none', { policy: 'none' }, []],
    ['after the same wait each time, with fixed', { policy: 'fixed', waitMs: SECOND, attempts: 3 }, [SECOND, SECOND]],
    [
      'after twice the wait each time, up to the cap, with exponential that is told to be exact',
      { policy: 'exponential', waitMs: SECOND, maxWaitMs: 5 * SECOND, attempts: 6, jitter: 0 },
      [SECOND, 2 * SECOND, 4 * SECOND, 5 * SECOND, 5 * SECOND],
    ],
    [
      'after one wait of the list after the other, with waits',
      { policy: 'waits', waitsMs: [10, 60, 5], attempts: 4 },
      [10, 60, 5],
    ],
    ['after the last of them again and again', { policy: 'waits', waitsMs: [10, 60], attempts: 6 }, [10, 60, 60, 60, 60]],
    ['no more often than the attempts of a list allow', { policy: 'waits', waitsMs: [10, 60, 5], attempts: 2 }, [10]],
    [
      'after its own delay and ten times as much extra each time, six hours from the eighth on, with job-queue',
      { policy: 'job-queue', waitMs: MINUTE, reruns: 10 },
      [...[10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000], ...times(3, 360 * MINUTE)].map((extra) => MINUTE + extra),
    ],
    ['never, with a job queue that reruns nothing', { policy: 'job-queue', waitMs: 0, reruns: 0 }, []],
    [
      "at Business Central's times online",
      { policy: 'business-central-online' },
      [30, 30, 60, 60, 120, 120, 180, 180, ...times(91, 300)].map((seconds) => seconds * SECOND),
    ],
    [
      "at Business Central's times on-premises",
      { policy: 'business-central-on-premises' },
      [2, 2, 4, ...times(6, 15)].map((minutes) => minutes * MINUTE),
    ],
  ])('is %s', (_, retry, waits) => {
    expect(waitsOf(retry)).toEqual(waits)
    expect(maxAttempts(retry)).toBe(waits.length + 1)
  })

  it("has the counts and sums of Business Central's tables: 99 over 468 minutes, and 9 over 98", () => {
    const online = waitsOf({ policy: 'business-central-online' })
    const onPremises = waitsOf({ policy: 'business-central-on-premises' })
    expect([online.length, sum(online) / MINUTE, onPremises.length, sum(onPremises) / MINUTE]).toEqual([99, 468, 9, 98])
  })

  it('is up to a fifth sooner with exponential', () => {
    const retry = { policy: 'exponential', waitMs: SECOND, maxWaitMs: 5 * SECOND, attempts: 6 } as const
    waitsOf({ ...retry, jitter: 0 }).forEach((most, index) => {
      const wait = waitsOf(retry)[index] ?? Number.NaN
      expect(wait).toBeGreaterThanOrEqual(most * 0.8 - 1)
      expect(wait).toBeLessThanOrEqual(most)
    })
  })

  it('is the same on a replay, and differs between tasks that failed together', () => {
    const waits = () => Array.from({ length: 100 }, (_, index) => retryWait(DEFAULT_RETRY, { made: 1 }, `task-${index}`))
    expect(waits()).toEqual(waits())
    expect(new Set(waits()).size).toBeGreaterThan(80)
  })

  it('is exact unless jitter is asked for, and then no sooner than its share allows', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 100 }), fc.string(), (retry, made, seed) => {
        const { maxAgeMs: _, ...ageless } = retry
        const exact = retryWait({ ...ageless, jitter: 0 }, { made }, seed)
        const wait = retryWait(ageless, { made }, seed)
        expect(wait === undefined).toBe(exact === undefined)
        if (exact === undefined || wait === undefined) return
        const share = retry.jitter ?? (retry.policy === 'exponential' ? 0.2 : 0)
        expect(wait).toBeLessThanOrEqual(exact)
        expect(wait).toBeGreaterThanOrEqual(Math.floor(exact * (1 - share)))
      }),
    )
  })

  it('ends exactly at the attempts that may be made, and is always a whole number of ms within the bound', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: LIMITS.attemptsCount + 1 }), fc.string(), (retry, made, seed) => {
        const { maxAgeMs: _, ...ageless } = retry
        const wait = retryWait(ageless, { made }, seed)
        expect(wait === undefined).toBe(made >= maxAttempts(retry))
        if (wait === undefined) return
        expect(Number.isInteger(wait)).toBe(true)
        expect(wait).toBeGreaterThanOrEqual(0)
        expect(wait).toBeLessThanOrEqual(LIMITS.retryWaitMs)
      }),
    )
  })

  it('may be said by the handler instead, which is neither shortened nor given an attempt more', () => {
    const retry: RetryPolicy = { policy: 'fixed', waitMs: MINUTE, attempts: 2, jitter: 1 }
    expect(retryWait(retry, { made: 1, delayMs: 7 }, 'id')).toBe(7)
    expect(retryWait(retry, { made: 2, delayMs: 7 }, 'id')).toBeUndefined()
  })

  it('is never later than the maximum age, to the millisecond', () => {
    const retry: RetryPolicy = { policy: 'fixed', waitMs: MINUTE, attempts: 9, maxAgeMs: 60 * MINUTE }
    expect(retryWait(retry, { made: 1, ageMs: 59 * MINUTE }, 'id')).toBe(MINUTE)
    expect(retryWait(retry, { made: 1, ageMs: 59 * MINUTE + 1 }, 'id')).toBeUndefined()
    expect(retryWait(retry, { made: 1, ageMs: 0, delayMs: 60 * MINUTE + 1 }, 'id')).toBeUndefined()
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 100 }), fc.nat({ max: LIMITS.horizonMs }), (retry, made, ageMs) => {
        const wait = retryWait(retry, { made, ageMs }, 'id')
        expect(wait !== undefined && isTooOld(retry, ageMs + wait)).toBe(false)
      }),
    )
  })
})
