import { DURATION_FORM, type DurationMs, parseDuration } from './duration.ts'
import type { Instant } from './instant.ts'
import type { Progress } from './task/progress.ts'

/** The argument of a handler. */
export type Context<Input> = {
  /** The input of the task, as the output of the type's schema. */
  readonly input: Input
  readonly task: {
    readonly id: string
    readonly tenant: string
    readonly type: string
    /** Epoch milliseconds. */
    readonly createdAt: Instant
    /** The time of the task, in epoch milliseconds. */
    readonly notBefore: Instant
    readonly tags: readonly string[]
  }
  /** The number of this attempt, from 1. */
  readonly attempt: number
  /**
   * Aborts when the handler must stop. `signal.reason` is a `TimeoutError` when the timeout of the task is over; otherwise it is
   * an `AbortError` whose message names the reason: the task was cancelled, another worker has claimed it, or the function is
   * about to end. After a cancel the result of the handler still counts; in all other cases it is ignored.
   *
   * @example await fetch(url, { signal })
   */
  readonly signal: AbortSignal
  /** Writes structured log lines of this attempt. */
  readonly log: HandlerLog
  /**
   * Stores the progress of this attempt, which the API shows. Each call replaces the previous progress completely. A call also
   * checks at once for a cancel or a lost claim, which `signal` otherwise reports within seconds. Without progress it only checks.
   *
   * It never throws. Progress that is out of bounds is fitted into them, with a warning in the log: `percent` is clamped to 0 to
   * 100, a long text is cut, surplus counters and values of a wrong type are dropped.
   *
   * @example await heartbeat({ percent: 40, text: 'copying tables', counters: { tables: 120 } })
   */
  readonly heartbeat: (progress?: Progress) => Promise<void>
  /** The same for every attempt of this task. Pass it to the services that you call, so that a repeat has no second effect. */
  readonly idempotencyKey: string
}

/**
 * The logger of a handler. It adds tenant, id, type and attempt of the task and the correlation id to every line. It accepts any
 * values and never throws: what JSON cannot show is marked in its place and listed in the field `marked`.
 */
export type HandlerLog = {
  readonly info: (message: string, fields?: Readonly<Record<string, unknown>>) => void
  readonly warn: (message: string, fields?: Readonly<Record<string, unknown>>) => void
  readonly error: (message: string, fields?: Readonly<Record<string, unknown>>) => void
}

const OUTCOME = Symbol.for('carillon.outcome')

/** What a handler can return instead of an output. Make one with `retryLater`, `giveUp`, `snooze`, `conflict` or `wait`. */
export type Outcome = { readonly [OUTCOME]: true } & (
  | { readonly outcome: 'retryLater'; readonly reason: string; readonly delayMs?: DurationMs }
  | { readonly outcome: 'giveUp'; readonly reason: string; readonly code?: string }
  | { readonly outcome: 'snooze'; readonly delayMs: DurationMs; readonly reason?: string }
  | { readonly outcome: 'conflict'; readonly reason: string }
  | { readonly outcome: 'wait'; readonly forMs?: DurationMs; readonly reason?: string }
)

/** A duration: a text such as `"5m"`, or milliseconds. */
export type Delay = DurationMs | string

/** @throws HandlerError `BadDelay`, not retriable, when a text is not a duration */
const delayMs = (delay: Delay): DurationMs => {
  const ms = typeof delay === 'number' ? delay : parseDuration(delay)
  if (ms === undefined)
    throw nonRetriable('BadDelay', `delay is ${JSON.stringify(delay)}; it must be milliseconds or ${DURATION_FORM}`)
  return ms
}

/**
 * Returned by a handler: the attempt failed, and the retry policy decides on the next one. A delay replaces the policy's wait.
 *
 * @example return retryLater('the report is not ready', '5m')
 */
export const retryLater = (reason: string, delay?: Delay): Outcome => ({
  [OUTCOME]: true,
  outcome: 'retryLater',
  reason,
  ...(delay === undefined ? {} : { delayMs: delayMs(delay) }),
})

/**
 * Returned by a handler: the task fails at once, without further attempts. The failure task and the API show `code`, which is
 * `GaveUp` by default.
 *
 * @example return giveUp(`invoice ${input.invoice} does not exist`, 'NoSuchInvoice')
 */
export const giveUp = (reason: string, code?: string): Outcome => ({
  [OUTCOME]: true,
  outcome: 'giveUp',
  reason,
  ...(code ? { code } : {}),
})

/**
 * Returned by a handler: the task runs again after the delay. This does not count as an attempt. Use it when a service throttles
 * you or is not ready. A delay below `LIMITS.snoozeLeastMs` (one second) is made that long; one above `LIMITS.snoozeMostMs` (ten
 * years) fails the task as `BadDelay`. After `LIMITS.snoozesCount` snoozes the task fails as `SnoozedTooOften`.
 *
 * @example return snooze('30s', 'rate limit of the mail service')
 */
export const snooze = (delay: Delay, reason?: string): Outcome => ({
  [OUTCOME]: true,
  outcome: 'snooze',
  delayMs: delayMs(delay),
  ...(reason ? { reason } : {}),
})

/**
 * Returned by a handler: other work conflicts with this task, and a retry will not help. The task ends as `conflicted`.
 *
 * @example return conflict('environment production is being deleted')
 */
export const conflict = (reason: string): Outcome => ({ [OUTCOME]: true, outcome: 'conflict', reason })

/**
 * Returned by a handler: the task waits, without a running function, until a caller resumes it. After the delay, if one is
 * given, it fails as `WaitTimeout`.
 *
 * @example return wait('7d', 'approval by the controller')
 */
export const wait = (delay?: Delay, reason?: string): Outcome => ({
  [OUTCOME]: true,
  outcome: 'wait',
  ...(delay === undefined ? {} : { forMs: delayMs(delay) }),
  ...(reason ? { reason } : {}),
})

/** Is this value an `Outcome`, and not an output? */
export const isOutcome = (value: unknown): value is Outcome => typeof value === 'object' && value !== null && OUTCOME in value

/** An error with a field for whether a retry can help. Other errors are retriable, unless the retry policy lists errors. */
export type HandlerError = Error & { readonly code: string; readonly retriable: boolean }

/** Makes an error that is retried by the retry policy. @example throw retriable('Busy', 'the sandbox is still being copied') */
export const retriable = (code: string, message: string): HandlerError =>
  Object.assign(new Error(message), { name: code, code, retriable: true })

/**
 * Makes an error that fails the task at once, because a retry cannot help.
 *
 * @example throw nonRetriable('NoSuchEnvironment', `environment ${name} does not exist`)
 */
export const nonRetriable = (code: string, message: string): HandlerError =>
  Object.assign(new Error(message), { name: code, code, retriable: false })
