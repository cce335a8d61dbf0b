import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { DEFAULT_RETRY, isTooOld, maxAttempts, type RetryPolicy, retryWait } from '../../../core/retry/policy.ts'
import { policies } from './policies.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
/** Every wait of a policy, up to its last attempt. */
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

describe('the wait before a retry', () => {
  it.each<readonly [string, RetryPolicy, readonly number[]]>([
    ['absent for none', { policy: 'none' }, []],
    ['the same each time for fixed', { policy: 'fixed', waitMs: SECOND, attempts: 3 }, [SECOND, SECOND]],
    [
      'doubled each time up to maxWait for exponential without jitter',
      { policy: 'exponential', waitMs: SECOND, maxWaitMs: 5 * SECOND, attempts: 6, jitter: 0 },
      [SECOND, 2 * SECOND, 4 * SECOND, 5 * SECOND, 5 * SECOND],
    ],
    ['the next of the list for waits', { policy: 'waits', waitsMs: [10, 60, 5], attempts: 4 }, [10, 60, 5]],
    ['the last of the list after its end', { policy: 'waits', waitsMs: [10, 60], attempts: 6 }, [10, 60, 60, 60, 60]],
    ['absent when the attempts of a list are used up', { policy: 'waits', waitsMs: [10, 60, 5], attempts: 2 }, [10]],
    [
      'its own delay plus ten times as much each time, plus six hours from the eighth on, for job-queue',
      { policy: 'job-queue', waitMs: MINUTE, reruns: 10 },
      [...[10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000], ...times(3, 360 * MINUTE)].map((extra) => MINUTE + extra),
    ],
    ['absent for job-queue with no reruns', { policy: 'job-queue', waitMs: 0, reruns: 0 }, []],
    [
      'in the steps of Business Central online',
      { policy: 'business-central-online' },
      [30, 30, 60, 60, 120, 120, 180, 180, ...times(91, 300)].map((seconds) => seconds * SECOND),
    ],
    [
      'in the steps of Business Central on-premises',
      { policy: 'business-central-on-premises' },
      [2, 2, 4, ...times(6, 15)].map((minutes) => minutes * MINUTE),
    ],
  ])('is %s', (_, retry, waits) => {
    expect(waitsOf(retry)).toEqual(waits)
    expect(maxAttempts(retry)).toBe(waits.length + 1)
  })

  it("follows Business Central's tables: 99 retries over 468 minutes online, 9 over 98 on-premises", () => {
    const online = waitsOf({ policy: 'business-central-online' })
    const onPremises = waitsOf({ policy: 'business-central-on-premises' })
    expect([online.length, sum(online) / MINUTE, onPremises.length, sum(onPremises) / MINUTE]).toEqual([99, 468, 9, 98])
  })

  it('is shortened by up to a fifth for exponential', () => {
    const retry = { policy: 'exponential', waitMs: SECOND, maxWaitMs: 5 * SECOND, attempts: 6 } as const
    waitsOf({ ...retry, jitter: 0 }).forEach((most, index) => {
      const wait = waitsOf(retry)[index] ?? Number.NaN
      expect(wait).toBeGreaterThanOrEqual(most * 0.8 - 1)
      expect(wait).toBeLessThanOrEqual(most)
    })
  })

  it('is the same on a replay, and differs between tasks', () => {
    const waits = () => Array.from({ length: 100 }, (_, index) => retryWait(DEFAULT_RETRY, { made: 1 }, `task-${index}`))
    expect(waits()).toEqual(waits())
    expect(new Set(waits()).size).toBeGreaterThan(80)
  })

  it('is exact without jitter, and otherwise shortened by at most that fraction', () => {
    fc.assert(
      fc.property(policies, fc.integer({ min: 1, max: 100 }), fc.string(), (retry, made, seed) => {
        const { maxAgeMs: _, ...ageless } = retry
        const exact = retryWait({ ...ageless, jitter: 0 }, { made }, seed)
        const wait = retryWait(ageless, { made }, seed)
        expect(wait === undefined).toBe(exact === undefined)
        if (exact === undefined || wait === undefined) return
        const fraction = retry.jitter ?? (retry.policy === 'exponential' ? 0.2 : 0)
        expect(wait).toBeLessThanOrEqual(exact)
        expect(wait).toBeGreaterThanOrEqual(Math.floor(exact * (1 - fraction)))
      }),
    )
  })

  it('is absent exactly after the last attempt, and otherwise a whole number of ms within the limit', () => {
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

  it('can come from the handler, without jitter and without an additional attempt', () => {
    const retry: RetryPolicy = { policy: 'fixed', waitMs: MINUTE, attempts: 2, jitter: 1 }
    expect(retryWait(retry, { made: 1, delayMs: 7 }, 'id')).toBe(7)
    expect(retryWait(retry, { made: 2, delayMs: 7 }, 'id')).toBeUndefined()
  })

  it('never ends after the maximum age, to the millisecond', () => {
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
