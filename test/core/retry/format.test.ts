import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { type RetryInput, readRetry, writeRetry } from '../../../core/retry/format.ts'
import { DEFAULT_RETRY, type RetryPolicy } from '../../../core/retry/policy.ts'
import { policies } from './policies.ts'

describe('a retry policy in its written form', () => {
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
    [
      { policy: 'waits', waits: ['10s', '1m', '5m'] },
      { policy: 'waits', waitsMs: [10_000, 60_000, 300_000], attempts: 4 },
    ],
    [
      { policy: 'waits', waits: ['10s'], attempts: 100 },
      { policy: 'waits', waitsMs: [10_000], attempts: 100 },
    ],
    [{ policy: 'job-queue' }, { policy: 'job-queue', waitMs: 0, reruns: 2 }],
    [
      { policy: 'job-queue', wait: '1h', reruns: 10 },
      { policy: 'job-queue', waitMs: 3_600_000, reruns: 10 },
    ],
    [{ policy: 'business-central-online' }, { policy: 'business-central-online' }],
    [
      { policy: 'none', jitter: 1 / 3 },
      { policy: 'none', jitter: 0.333 },
    ],
    [
      { policy: 'business-central-on-premises', maxAge: '1d', jitter: 0.5, losses: 0, retriable: '' },
      { policy: 'business-central-on-premises', maxAgeMs: 86_400_000, jitter: 0.5, losses: 0, retriable: [] },
    ],
    [
      { policy: 'none', retriable: 'Exception1;Exception2:ErrorCode2' },
      { policy: 'none', retriable: [{ name: 'Exception1' }, { name: 'Exception2', code: 'ErrorCode2' }] },
    ],
  ])('%j is read', (written, policy) => {
    expect(readRetry(written)).toEqual(policy)
  })

  it.each<[RetryInput, string, string]>([
    [{ policy: 'fixed', attempts: 0 }, '/attempts', 'attempts is 0'],
    [{ policy: 'fixed', attempts: 1.5 }, '/attempts', 'attempts is 1.5'],
    [{ policy: 'fixed', attempts: LIMITS.attemptsCount + 1 }, '/attempts', 'from 1 to 100'],
    [{ policy: 'fixed', wait: 'soon' }, '/wait', 'wait is "soon"'],
    [{ policy: 'fixed', wait: '8d' }, '/wait', 'at most 7d'],
    [{ policy: 'fixed', maxWait: '1m' }, '/maxWait', 'maxWait is a field of policy "exponential" only, not with "fixed"'],
    [{ policy: 'exponential', maxWait: '2s' }, '/maxWait', 'maxWait 2s is shorter than wait 5s'],
    [{ policy: 'exponential', maxWait: '8d' }, '/maxWait', 'at most 7d'],
    [{ policy: 'none', attempts: 5 }, '/attempts', 'is a field of policy "fixed", "exponential", "waits" only, not with "none"'],
    [{ policy: 'none', wait: '5s' }, '/wait', '"none"'],
    [{ policy: 'business-central-online', attempts: 5 }, '/attempts', 'only, not with "business-central-online"'],
    [{ policy: 'waits' }, '/waits', 'waits has 0 entries; it must have 1 to 99'],
    [{ policy: 'waits', waits: ['1s', 'soon'] }, '/waits/1', 'waits/1 is "soon"'],
    [{ policy: 'waits', waits: ['1s'], attempts: 101 }, '/attempts', 'from 1 to 100'],
    [{ policy: 'waits', waits: Array.from({ length: 100 }, () => '1s') }, '/waits', 'waits has 100 entries'],
    [{ policy: 'job-queue', reruns: 11 }, '/reruns', 'reruns is 11; it must be a whole number from 0 to 10'],
    [{ policy: 'job-queue', wait: '2h' }, '/wait', 'wait is 2h; it must be at most 1h'],
    [{ policy: 'job-queue', attempts: 3 }, '/attempts', 'only, not with "job-queue"'],
    [{ policy: 'none', maxAge: '0s' }, '/maxAge', 'above zero'],
    [{ policy: 'none', maxAge: 'old' }, '/maxAge', 'maxAge is "old"'],
    [{ policy: 'none', jitter: 1.1 }, '/jitter', '0 to 1'],
    [{ policy: 'none', jitter: Number.NaN }, '/jitter', 'NaN'],
    [{ policy: 'none', losses: 21 }, '/losses', 'from 0 to 20'],
    [{ policy: 'none', retriable: ':E1' }, '/retriable', '":E1"'],
    [{ policy: 'none', retriable: 'A;B:' }, '/retriable', '"B:"'],
    [{ policy: 'none', retriable: 'x'.repeat(129) }, '/retriable', 'longer than 128'],
    [{ policy: 'none', retriable: 'A;'.repeat(21) }, '/retriable', 'has 21 entries, and the maximum is 20'],
    [{ policy: 'expotential' as 'exponential' }, '/policy', 'did you mean "exponential"?'],
    [
      { policy: 'fixed', atempts: 3 } as RetryInput,
      '/atempts',
      'atempts is not a field of a retry policy; did you mean attempts?',
    ],
    [{} as RetryInput, '/policy', 'it must be one of none, fixed'],
  ])('%j is refused at %s', (written, path, words) => {
    expect(readRetry(written)).toMatchObject({ refused: 'invalid', path, message: expect.stringContaining(words) })
  })

  it('is written and read back as the same policy', () => {
    fc.assert(
      fc.property(policies, (retry) => {
        expect(readRetry(writeRetry(retry))).toEqual(retry)
      }),
    )
  })
})
