import type { DurationMs } from '../duration.ts'
import { fraction } from '../hash.ts'
import type { RetriableError } from './retriable-errors.ts'

/**
 * When a failed attempt is made again. A value, so that it can be stored on the row, shown and compared; `attempts` is the
 * most that may be made, the first one included, and `reruns` is one less.
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

/** What every policy may have besides. What is absent costs a row nothing. */
export type RetryBounds = {
  /** No attempt starts later than this after the task's time, or after its redrive. */
  readonly maxAgeMs?: DurationMs
  /** The share of each wait that chance may take away, 0 to 1. Absent: 0.2 for `exponential`, 0 for the others. */
  readonly jitter?: number
  /** Workers that may be lost under the task. Absent: `LIMITS.lossesCount`. */
  readonly losses?: number
  /** Of the errors about which the handler has said nothing, only these are tried again. Absent: all are. */
  readonly retriable?: readonly RetriableError[]
}

/** What a task type gets that says nothing about retries: three attempts, about 5 s and 10 s apart. */
export const DEFAULT_RETRY: RetryPolicy = { policy: 'exponential', waitMs: 5_000, maxWaitMs: 600_000, attempts: 3 }

/** What an exponential policy has that names none: a herd that failed together does not return together. */
const JITTER = 0.2

/** What a policy is asked about: `made` attempts that count (at least 1), of a task that is `ageMs` past its time. */
export type RetryQuery = {
  readonly made: number
  readonly ageMs?: DurationMs
  /** What the handler asks for instead of the policy's own wait. */
  readonly delayMs?: DurationMs | undefined
}

/**
 * How long to wait before the next attempt, or undefined when no further one may be made.
 * Pure: the jitter is a hash of `seed` (the task's id) and the attempt, so a replay waits just as long.
 *
 * @example retryWait({ policy: 'fixed', waitMs: 1_000, attempts: 3 }, { made: 3 }, 'id') // undefined
 */
export const retryWait = (retry: RetryPolicy, { made, ageMs = 0, delayMs }: RetryQuery, seed: string): DurationMs | undefined => {
  if (made >= maxAttempts(retry)) return undefined
  const wait = delayMs ?? jittered(retry, nominalMs(retry, made), `${seed}/${made}`)
  return isTooOld(retry, ageMs + wait) ? undefined : wait
}

/** The most attempts that count which a policy allows. */
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

/** May a task that is `ageMs` past its time start no further attempt? */
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

/** Waits in steps: each holds for the retries up to and including its number. */
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

/** The wait before a retry, which counts from 1; beyond the last step it stays as it is there. */
export const stepMs = (steps: Steps, retry: number): DurationMs =>
  (steps.find(([last]) => retry <= last) ?? steps.at(-1))?.[1] ?? 0

/** The attempts that a table is written for: all of its retries and the first one. */
export const attemptsIn = (steps: Steps): number => (steps.at(-1)?.[0] ?? 0) + 1

/**
 * What Business Central's job queue adds to an entry's own rerun delay after `failed` runs that failed: ten times as much
 * each time, and six hours from the eighth on. Source: the job queue of its base application (MIT).
 */
export const jobQueueExtraMs = (failed: number): DurationMs => (failed > 7 ? 360 * MINUTE : 10 ** failed)
