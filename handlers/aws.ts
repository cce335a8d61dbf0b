import { createHash } from 'node:crypto'
import { LIMITS, nonRetriable, type Outcome, retriable, snooze } from '../core/define.ts'

const THROTTLED = /thrott|TooManyRequests|RequestLimitExceeded|ExecutionLimitExceeded|SlowDown/i
/** Faults that AWS lays at the caller's door and that pass all the same: an update in progress, credentials just run out. */
const PASSING = /Conflict|NotReady|InProgress|Expired|RequestTimeout|TimeTooSkewed|PriorRequestNotComplete/i

/**
 * Asks something of AWS and reads its errors for what they mean to a task: a throttled call comes back later, which does
 * not count as an attempt; the caller's faults are final; the service's and the network's are worth another attempt.
 *
 * @throws HandlerError whose code is AWS's name of the error
 * @throws the signal's reason when it fires
 */
export const callAws = async <Answer>(signal: AbortSignal, ask: () => Promise<Answer>): Promise<Answer | Outcome> => {
  try {
    return await ask()
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!(error instanceof Error) || 'retriable' in error) throw error
    return awsError(error.name, error.message, '$fault' in error && error.$fault === 'client')
  }
}

/** What an AWS error code means. @throws HandlerError unless it is throttling */
export const awsError = (code: string, message: string, callers: boolean): Outcome => {
  if (THROTTLED.test(code)) return snooze(LIMITS.throttledMs, `AWS throttles: ${code}`)
  throw (callers && !PASSING.test(code) ? nonRetriable : retriable)(code, message)
}

/**
 * Makes a value at its first use, once. AWS clients are costly to load, and most executions use none of them: what a
 * function loads at its start, every cold start pays for. Measured on the bundle of all handlers: it imports in 102 ms with
 * the four clients lazy, in 146 ms without.
 */
export const lazy = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: Promise<Value> | undefined
  return () => {
    made ??= make()
    return made
  }
}

/** What Step Functions and SQS both take in a name, and more than that neither. */
const SAFE = /^[a-zA-Z0-9_-]{1,80}$/

/** The idempotency key as a name that AWS takes: itself where it can be, else its digest. The same key, the same name. */
export const awsName = (key: string): string => (SAFE.test(key) ? key : createHash('sha256').update(key).digest('hex'))
