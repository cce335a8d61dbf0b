import type { DurationMs } from '../duration.ts'
import { fraction } from '../hash.ts'
import type { RetriableError } from './retriable-errors.ts'

/**
 * A retry policy: whether and when a failed attempt is repeated. It is plain data, so that it can be stored, shown and compared.
 * `attempts` is the maximum including the first attempt; `reruns` excludes the first run.
 */
export type RetryPolicy = RetryBounds &
  (
    | { readonly policy: 'none' }
    | { readonly policy: 'fixed'; readonly waitMs: DurationMs; readonly attempts: number }
    | { readonly policy: 'exponential'; readonly waitMs: DurationMs; readonly maxWaitMs: DurationMs; readonly attempts: number }
    | { readonly policy: 'waits'; readonly waitsMs: readonly DurationMs[]; readonly attempts: number }
    | { readonly policy: 'job-queue'; readonly waitMs: DurationMs; readonly reruns: number }
    | { readonly policy: 'business-central-online' }
    | { readonly policy: 'business-central-on-premises' }
  )

/** The fields that every policy can have. An absent field takes no space on a row. */
export type RetryBounds = {
  /** No attempt starts later than this after the task's time, or after its redrive. */
  readonly maxAgeMs?: DurationMs
  /** The fraction of each wait removed at random, 0 to 1. @default 0.2 for `exponential`, 0 for the others */
  readonly jitter?: number
  /** Lost workers of the task before it fails. @default LIMITS.lossesCount */
  readonly losses?: number
  /** The errors that are retried, unless the handler decides by `retriable`. @default all */
  readonly retriable?: readonly RetriableError[]
}

/** The policy of a task type that declares none: three attempts, about 5 s and 10 s apart. */
export const DEFAULT_RETRY: RetryPolicy = { policy: 'exponential', waitMs: 5_000, maxWaitMs: 600_000, attempts: 3 }

/** The default of `exponential`: tasks that failed together do not all return at the same time. */
const JITTER = 0.2

/** The state of a task before a retry: `made` attempts that count (at least 1), and `ageMs` since the task's time. */
export type RetryQuery = {
  readonly made: number
  readonly ageMs?: DurationMs
  /** The handler's own wait, instead of the policy's. */
  readonly delayMs?: DurationMs | undefined
}

/**
 * The wait before the next attempt in milliseconds; undefined when no further attempt is allowed. Pure: the jitter is a hash
 * of `seed` (the task's id) and the attempt, so a replay gets the same wait.
 *
 * @example retryWait({ policy: 'fixed', waitMs: 1_000, attempts: 3 }, { made: 3 }, 'id') // undefined
 */
export const retryWait = (retry: RetryPolicy, { made, ageMs = 0, delayMs }: RetryQuery, seed: string): DurationMs | undefined => {
  if (made >= maxAttempts(retry)) return undefined
  const wait = delayMs ?? jittered(retry, nominalMs(retry, made), `${seed}/${made}`)
  return isTooOld(retry, ageMs + wait) ? undefined : wait
}

/** The maximum number of attempts that count, the first one included. */
export const maxAttempts = (retry: RetryPolicy): number => {
  switch (retry.policy) {
    case 'none':
      return 1
    case 'job-queue':
      return retry.reruns + 1
    case 'business-central-online':
      return attemptsIn(ONLINE)
    case 'business-central-on-premises':
      return attemptsIn(ON_PREMISES)
    default:
      return retry.attempts
  }
}

/** Is the task, `ageMs` after its time, too old for a further attempt? */
export const isTooOld = ({ maxAgeMs }: RetryBounds, ageMs: DurationMs): boolean => maxAgeMs !== undefined && ageMs > maxAgeMs

const nominalMs = (retry: RetryPolicy, made: number): DurationMs => {
  switch (retry.policy) {
    case 'none':
      return 0
    case 'fixed':
      return retry.waitMs
    case 'exponential':
      return Math.min(retry.maxWaitMs, retry.waitMs * 2 ** (made - 1))
    case 'waits':
      return retry.waitsMs[Math.min(made, retry.waitsMs.length) - 1] ?? 0
    case 'job-queue':
      return retry.waitMs + jobQueueExtraMs(made)
    case 'business-central-online':
      return stepMs(ONLINE, made)
    case 'business-central-on-premises':
      return stepMs(ON_PREMISES, made)
  }
}

const jittered = ({ policy, jitter = policy === 'exponential' ? JITTER : 0 }: RetryPolicy, waitMs: DurationMs, seed: string) =>
  Math.round(waitMs * (1 - jitter * fraction(seed)))

/** Waits in steps: each applies to the retries up to and including its number. */
export type Steps = readonly (readonly [retry: number, waitMs: DurationMs])[]

const MINUTE = 60_000

/** Business Central online: 99 retries over 468 minutes. Source: Microsoft Learn, "Task Scheduler", error handling. */
export const ONLINE: Steps = [
  [2, MINUTE / 2],
  [4, MINUTE],
  [6, 2 * MINUTE],
  [8, 3 * MINUTE],
  [99, 5 * MINUTE],
]

/** Business Central on-premises: 9 retries over 98 minutes. Source: as for `ONLINE`. */
export const ON_PREMISES: Steps = [
  [2, 2 * MINUTE],
  [3, 4 * MINUTE],
  [9, 15 * MINUTE],
]

/** The wait before a retry; retries count from 1. The last step also applies after it. */
export const stepMs = (steps: Steps, retry: number): DurationMs =>
  (steps.find(([last]) => retry <= last) ?? steps.at(-1))?.[1] ?? 0

/** The attempts of a table: its retries and the first attempt. */
export const attemptsIn = (steps: Steps): number => (steps.at(-1)?.[0] ?? 0) + 1

/**
 * The milliseconds that Business Central's job queue adds to an entry's rerun delay after `failed` failed runs: 10 ms, then ten
 * times as much each time, and six hours from the eighth on. Source: the job queue of its base application (MIT).
 */
export const jobQueueExtraMs = (failed: number): DurationMs => (failed > 7 ? 360 * MINUTE : 10 ** failed)
