import type { RetryBounds, RetryPolicy } from '../../../core/retry/policy.ts'
import type { Random } from '../../memory/faults.ts'
import { between, chance, pick } from '../random.ts'

const MINUTE = 60_000

/** Name and code of the error that handlers throw without classifying it as retriable or not: see `behaviours.ts`. */
export const UNCLASSIFIED_ERROR = { name: 'Mishap', code: 'Minor' } as const

/** Draws a retry policy: every policy, with every bound. */
export const retryOf = (random: Random): RetryPolicy => ({ ...policyOf(random), ...boundsOf(random) })

const policyOf = (random: Random): RetryPolicy => {
  const attempts = between(random, 1, 5)
  const waitMs = between(random, 0, 90_000)
  return pick<RetryPolicy>(random, [
    { policy: 'none' },
    { policy: 'fixed', waitMs, attempts },
    { policy: 'exponential', waitMs, maxWaitMs: 20 * MINUTE, attempts },
    { policy: 'waits', waitsMs: [waitMs, 0, 3 * waitMs].slice(0, between(random, 1, 3)), attempts },
    { policy: 'job-queue', waitMs, reruns: attempts - 1 },
    { policy: 'business-central-online' },
    { policy: 'business-central-on-premises' },
  ])
}

const boundsOf = (random: Random): RetryBounds => ({
  ...(chance(random, 0.2) ? { maxAgeMs: between(random, 1, 40 * MINUTE) } : {}),
  ...(chance(random, 0.2) ? { jitter: pick(random, [0, 0.5, 1]) } : {}),
  ...(chance(random, 0.2) ? { losses: between(random, 0, 6) } : {}),
  ...(chance(random, 0.3) ? { retriable: pick(random, LISTS) } : {}),
})

const LISTS = [
  [],
  [{ name: UNCLASSIFIED_ERROR.name }],
  [UNCLASSIFIED_ERROR],
  [{ ...UNCLASSIFIED_ERROR, code: 'Major' }, { name: 'Timeout' }],
] as const
