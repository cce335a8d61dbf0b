import fc from 'fast-check'
import { LIMITS } from '../../../core/limits.ts'
import type { RetryBounds, RetryPolicy } from '../../../core/retry/policy.ts'

const waitMs = fc.integer({ min: 0, max: LIMITS.retryWaitMs })
const attempts = fc.integer({ min: 1, max: LIMITS.attemptsCount })

const bounds: fc.Arbitrary<RetryBounds> = fc.record(
  {
    maxAgeMs: fc.integer({ min: 1, max: LIMITS.horizonMs }),
    jitter: fc.integer({ min: 0, max: 1_000 }).map((thousandths) => thousandths / 1_000),
    losses: fc.integer({ min: 0, max: LIMITS.lossesMostCount }),
    retriable: fc.array(
      fc.oneof(
        fc.record({ name: fc.constantFrom('Busy', 'System.Net.WebException', 'Käse') }),
        fc.record({ name: fc.constantFrom('Busy', 'Lost'), code: fc.constantFrom('E1', 'a:b', '42') }),
      ),
      { maxLength: LIMITS.retriableErrorsCount },
    ),
  },
  { requiredKeys: [] },
)

const plan: fc.Arbitrary<RetryPolicy> = fc.oneof(
  fc.constantFrom(
    { policy: 'none' as const },
    { policy: 'business-central-online' as const },
    { policy: 'business-central-on-premises' as const },
  ),
  fc.record({ policy: fc.constant('fixed' as const), waitMs, attempts }),
  fc
    .record({ policy: fc.constant('exponential' as const), waitMs, maxWaitMs: waitMs, attempts })
    .map((it) => ({ ...it, maxWaitMs: Math.max(it.waitMs, it.maxWaitMs) })),
  fc.record({
    policy: fc.constant('waits' as const),
    waitsMs: fc.array(waitMs, { minLength: 1, maxLength: LIMITS.attemptsCount - 1 }),
    attempts,
  }),
  fc.record({
    policy: fc.constant('job-queue' as const),
    waitMs: fc.integer({ min: 0, max: LIMITS.rerunDelayMs }),
    reruns: fc.integer({ min: 0, max: LIMITS.rerunsCount }),
  }),
)

/** Every valid policy. */
export const policies: fc.Arbitrary<RetryPolicy> = fc.tuple(plan, bounds).map(([it, more]) => ({ ...it, ...more }))
