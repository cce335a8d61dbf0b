import { formatDuration } from '../duration.ts'
import type { RetryPolicy } from '../retry.ts'
import { writeBounds } from './bounds.ts'
import type { RetryInput } from './read.ts'

/**
 * Writes a policy the way `readRetry` reads it.
 *
 * @example writeRetry({ policy: 'job-queue', waitMs: 60_000, reruns: 3 }) // { policy: 'job-queue', wait: '1m', reruns: 3 }
 */
export const writeRetry = (retry: RetryPolicy): WrittenRetry => ({ ...writePlan(retry), ...writeBounds(retry) })

/** With a list of its own, which is nobody else's and may go onto wires as it is. */
export type WrittenRetry = Omit<RetryInput, 'waits'> & { readonly waits?: string[] }

const writePlan = (retry: RetryPolicy): WrittenRetry => {
  const { policy } = retry
  switch (retry.policy) {
    case 'fixed':
      return { policy, wait: formatDuration(retry.waitMs), attempts: retry.attempts }
    case 'exponential':
      return { policy, wait: formatDuration(retry.waitMs), maxWait: formatDuration(retry.maxWaitMs), attempts: retry.attempts }
    case 'waits':
      return { policy, waits: retry.waitsMs.map(formatDuration), attempts: retry.attempts }
    case 'job-queue':
      return { policy, wait: formatDuration(retry.waitMs), reruns: retry.reruns }
    default:
      return { policy }
  }
}
