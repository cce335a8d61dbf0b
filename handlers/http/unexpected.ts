import { type DurationMs, type Instant, LIMITS, nonRetriable, type Outcome, retriable, snooze } from '../../core/define.ts'
import { describeRequest, type Incoming, type Outgoing } from './message.ts'

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
export const unexpectedResponse = (request: Outgoing, response: Incoming, wanted: string): Outcome => {
  const { status, headers, text } = response
  const asked = status === 429 || status === 503 ? retryAfterMs(headers['retry-after'], Date.now()) : undefined
  const later = asked ?? (status === 429 ? LIMITS.throttledMs : undefined)
  if (later !== undefined) return snooze(later, `${describeRequest(request)} answered ${status} and asks to come back later`)
  const quote = text.trim() === '' ? '' : `: ${text.trim().slice(0, QUOTED_COUNT)}`
  const message = `${describeRequest(request)} answered ${status}, not ${wanted}${quote}`
  throw (PASSING.has(status) || status >= 500 ? retriable : nonRetriable)(`Http${status}`, message)
}

/**
 * An HTTP date: in the one form that may still be sent, and in the two old ones that must still be understood, of RFC 850
 * and of C's asctime, which is in GMT without saying so. Source: RFC 9110, section 5.6.7.
 */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const RFC850_DATE = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/
const ASCTIME_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

/**
 * How long a `Retry-After` header asks to wait: seconds or an HTTP date, held within the bounds of `LIMITS`. Undefined when
 * there is none or it cannot be read.
 *
 * @example retryAfterMs('120', Date.now()) // 120000
 */
export const retryAfterMs = (header: string | undefined, now: Instant): DurationMs | undefined => {
  const text = header?.trim() ?? ''
  const asked = /^\d+$/.test(text) ? Number(text) * 1_000 : readDate(text, now) - now
  if (Number.isNaN(asked)) return undefined
  return Math.min(LIMITS.httpRetryAfterMs, Math.max(LIMITS.httpRetryAfterLeastMs, asked))
}

/** NaN when it is none. */
const readDate = (text: string, now: Instant): Instant => {
  if (HTTP_DATE.test(text)) return Date.parse(text)
  if (ASCTIME_DATE.test(text)) return Date.parse(`${text} GMT`)
  const [, day, month, year, time] = RFC850_DATE.exec(text) ?? []
  if (year === undefined) return Number.NaN
  // Two digits of a year stand for the last one with these digits that is not more than fifty years ahead.
  const thisYear = new Date(now).getUTCFullYear()
  const sameCentury = thisYear - (thisYear % 100) + Number(year)
  return Date.parse(`${day} ${month} ${sameCentury > thisYear + 50 ? sameCentury - 100 : sameCentury} ${time} GMT`)
}
