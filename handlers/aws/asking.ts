import { LIMITS, nonRetriable, type Outcome, retriable, snooze } from '../../core/define.ts'

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
export const asking = async <Answer>(signal: AbortSignal, ask: () => Promise<Answer>): Promise<Answer | Outcome> => {
  try {
    return await ask()
  } catch (error) {
    if (signal.aborted) throw signal.reason
    if (!(error instanceof Error) || 'retriable' in error) throw error
    return awsFault(error.name, error.message, '$fault' in error && error.$fault === 'client')
  }
}

/** What an AWS error code means. @throws HandlerError unless it is throttling */
export const awsFault = (code: string, message: string, callers: boolean): Outcome => {
  if (THROTTLED.test(code)) return snooze(LIMITS.throttledMs, `AWS throttles: ${code}`)
  throw (callers && !PASSING.test(code) ? nonRetriable : retriable)(code, message)
}
