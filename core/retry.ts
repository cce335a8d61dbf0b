import { DURATION_FORM, type DurationMs, formatDuration, parseDuration } from './duration.ts'
import { fraction } from './hash.ts'
import { LIMITS } from './limits.ts'
import { isRefusal, type Refusal, refuse } from './refusal.ts'

/**
 * When a failed attempt is made again. A value, so that it can be stored on the row, shown and compared;
 * `attempts` is the most that may be made, the first one included.
 */
export type RetryPolicy =
  | { readonly policy: 'none' }
  | { readonly policy: 'fixed'; readonly waitMs: DurationMs; readonly attempts: number }
  | { readonly policy: 'exponential'; readonly waitMs: DurationMs; readonly maxWaitMs: DurationMs; readonly attempts: number }

/** What a task type gets that says nothing about retries: three attempts, about 5 s and 10 s apart. */
export const DEFAULT_RETRY: RetryPolicy = { policy: 'exponential', waitMs: 5_000, maxWaitMs: 600_000, attempts: 3 }

/** The share of an exponential wait that jitter may take away, so that a herd that failed together does not return together. */
const JITTER = 0.2

/**
 * How long to wait before the next attempt, or undefined when no further one may be made.
 * Pure: the jitter is a hash of `seed` (the task's id) and the attempt, so a replay waits just as long.
 *
 * @param made attempts that count, made so far (at least 1)
 * @example retryWait({ policy: 'fixed', waitMs: 1_000, attempts: 3 }, 3, 'id') // undefined
 */
export const retryWait = (retry: RetryPolicy, made: number, seed: string): DurationMs | undefined => {
  switch (retry.policy) {
    case 'none':
      return undefined
    case 'fixed':
      return made < retry.attempts ? retry.waitMs : undefined
    case 'exponential': {
      if (made >= retry.attempts) return undefined
      const wait = Math.min(retry.maxWaitMs, retry.waitMs * 2 ** (made - 1))
      return Math.round(wait * (1 - JITTER * fraction(`${seed}/${made}`)))
    }
  }
}

/** The most attempts that count which a policy allows. */
export const maxAttempts = (retry: RetryPolicy): number => (retry.policy === 'none' ? 1 : retry.attempts)

/** A retry policy as people write it. Absent parts have the values of `DEFAULT_RETRY`. */
export type RetryInput = {
  readonly policy: RetryPolicy['policy']
  readonly wait?: string | undefined
  readonly maxWait?: string | undefined
  readonly attempts?: number | undefined
}

/**
 * Reads a written policy. A refusal's `path` is relative to the policy.
 *
 * @example readRetry({ policy: 'fixed', wait: '1m', attempts: 5 }) // { policy: 'fixed', waitMs: 60000, attempts: 5 }
 */
export const readRetry = (written: RetryInput): RetryPolicy | Refusal => {
  if (written.policy === 'none') return readNone(written)
  const { policy, wait, maxWait, attempts = 3 } = written
  if (!Number.isInteger(attempts) || attempts < 1 || attempts > LIMITS.attemptsCount) {
    return refuse('invalid', `attempts is ${attempts}; it must be a whole number from 1 to ${LIMITS.attemptsCount}`, {
      path: '/attempts',
    })
  }
  const waitMs = readWait('wait', wait ?? '5s')
  if (isRefusal(waitMs)) return waitMs
  if (policy === 'fixed') {
    return maxWait === undefined
      ? { policy, waitMs, attempts }
      : refuse('invalid', 'maxWait goes with policy "exponential" only', { path: '/maxWait' })
  }
  const maxWaitMs = readWait('maxWait', maxWait ?? formatDuration(Math.max(waitMs, 600_000)))
  if (isRefusal(maxWaitMs)) return maxWaitMs
  if (maxWaitMs < waitMs)
    return refuse('invalid', `maxWait ${maxWait} is shorter than wait ${wait ?? '5s'}; it must be at least as long`, {
      path: '/maxWait',
    })
  return { policy, waitMs, maxWaitMs, attempts }
}

/** Writes a policy the way `readRetry` reads it. */
export const writeRetry = (retry: RetryPolicy): RetryInput => {
  if (retry.policy === 'none') return { policy: 'none' }
  const { policy, attempts } = retry
  const wait = formatDuration(retry.waitMs)
  return retry.policy === 'fixed'
    ? { policy, wait, attempts }
    : { policy, wait, maxWait: formatDuration(retry.maxWaitMs), attempts }
}

/** Refused rather than overlooked: who writes `attempts: 5` beside `none` expects five. */
const readNone = ({ wait, maxWait, attempts }: RetryInput): RetryPolicy | Refusal => {
  const [field] = Object.entries({ wait, maxWait, attempts }).find(([, value]) => value !== undefined) ?? []
  if (field === undefined) return { policy: 'none' }
  return refuse('invalid', `${field} does not go with policy "none"; leave it out, or choose "fixed" or "exponential"`, {
    path: `/${field}`,
  })
}

const readWait = (field: string, text: string): DurationMs | Refusal => {
  const ms = parseDuration(text)
  if (ms === undefined)
    return refuse('invalid', `${field} is ${JSON.stringify(text)}; it must be ${DURATION_FORM}`, { path: `/${field}` })
  const most = LIMITS.retryWaitMs
  return ms <= most
    ? ms
    : refuse('invalid', `${field} is ${text}; it must be at most ${formatDuration(most)}`, { path: `/${field}` })
}
