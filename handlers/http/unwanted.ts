import { LIMITS, nonRetriable, type Outcome, retriable, snooze } from '../../core/define.ts'
import { type Incoming, type Outgoing, said } from './message.ts'
import { retryAfterMs } from './retryAfter.ts'

/** How much of an error's body is quoted. */
const QUOTED_COUNT = 200

/** The client errors that pass by themselves: request timeout, too early. */
const PASSING = new Set([408, 425])

/**
 * What an answer that was not wanted means for the task. A service that throttles or says when to come back is asked again then,
 * which does not count as an attempt; what may mend itself is tried again; what cannot is not.
 *
 * @throws HandlerError `Http<status>`: retriable for 408, 425 and 5xx, not for the others
 */
export const unwanted = (request: Outgoing, response: Incoming, wanted: string): Outcome => {
  const { status, headers, text } = response
  const asked = status === 429 || status === 503 ? retryAfterMs(headers['retry-after'], Date.now()) : undefined
  const later = asked ?? (status === 429 ? LIMITS.throttledMs : undefined)
  if (later !== undefined) return snooze(later, `${said(request)} answered ${status} and asks to come back later`)
  const quote = text.trim() === '' ? '' : `: ${text.trim().slice(0, QUOTED_COUNT)}`
  const message = `${said(request)} answered ${status}, not ${wanted}${quote}`
  throw (PASSING.has(status) || status >= 500 ? retriable : nonRetriable)(`Http${status}`, message)
}
