import { formatDuration } from '../duration.ts'
import { LIMITS } from '../limits.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import type { RetryBounds } from '../retry.ts'
import { badCount, readWait } from './field.ts'
import { readRetriable, writeRetriable } from './listed.ts'
import type { RetryInput } from './read.ts'

type BoundsInput = Pick<RetryInput, 'maxAge' | 'jitter' | 'losses' | 'retriable'>

/** Reads the fields that go with every policy. What is absent stays absent. */
export const readBounds = ({ maxAge, jitter, losses, retriable }: BoundsInput): RetryBounds | Refusal => {
  const maxAgeMs = maxAge === undefined ? undefined : readWait('maxAge', maxAge, LIMITS.horizonMs)
  if (isRefusal(maxAgeMs)) return maxAgeMs
  if (maxAgeMs === 0)
    return refuse('invalid', `maxAge is ${maxAge}; it must be above zero, or not even the first attempt could start`, {
      path: '/maxAge',
    })
  if (jitter !== undefined && !(jitter >= 0 && jitter <= 1))
    return refuse('invalid', `jitter is ${jitter}; it must be the share of a wait that chance may take away, 0 to 1`, {
      path: '/jitter',
    })
  const no = losses === undefined ? undefined : badCount('losses', losses, 0, LIMITS.lossesMostCount)
  if (no) return no
  const list = retriable === undefined ? undefined : readRetriable(retriable)
  if (isRefusal(list)) return list
  return {
    ...(maxAgeMs === undefined ? {} : { maxAgeMs }),
    // To the thousandth: a store's numbers need not be as fine as JavaScript's.
    ...(jitter === undefined ? {} : { jitter: Math.round(jitter * 1_000) / 1_000 }),
    ...(losses === undefined ? {} : { losses }),
    ...(list ? { retriable: list } : {}),
  }
}

/** Writes them the way `readBounds` reads them. */
export const writeBounds = ({ maxAgeMs, jitter, losses, retriable }: RetryBounds): BoundsInput => ({
  ...(maxAgeMs === undefined ? {} : { maxAge: formatDuration(maxAgeMs) }),
  ...(jitter === undefined ? {} : { jitter }),
  ...(losses === undefined ? {} : { losses }),
  ...(retriable ? { retriable: writeRetriable(retriable) } : {}),
})
