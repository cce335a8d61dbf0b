import { type DurationMs, type Instant, LIMITS, nonRetriable, type Outcome, retriable, snooze } from '../../core/define.ts'
import { describeRequest, type Incoming, type Outgoing } from './input.ts'

/** The most characters of the response body in an error message. */
const QUOTED_COUNT = 200

/** Client errors that are transient: request timeout, too early. */
const TRANSIENT = new Set([408, 425])

/**
 * Maps an unexpected response to an outcome. After throttling or `Retry-After` the task snoozes, which does not count as an
 * attempt. A transient error is retriable, any other error is not.
 *
 * @throws HandlerError `Http<status>`: retriable for 408, 425 and 5xx, not for the others
 */
export const unexpectedResponse = (request: Outgoing, response: Incoming, expected: string): Outcome => {
  const { status, headers, text } = response
  const retryAfter = status === 429 || status === 503 ? retryAfterMs(headers['retry-after'], Date.now()) : undefined
  const waitMs = retryAfter ?? (status === 429 ? LIMITS.throttledMs : undefined)
  if (waitMs !== undefined) return snooze(waitMs, `${describeRequest(request)} answered ${status}; retry later`)
  const quote = text.trim() === '' ? '' : `: ${text.trim().slice(0, QUOTED_COUNT)}`
  const message = `${describeRequest(request)} answered ${status}, not ${expected}${quote}`
  throw (TRANSIENT.has(status) || status >= 500 ? retriable : nonRetriable)(`Http${status}`, message)
}

/**
 * The three forms of an HTTP date: the current one, and the two obsolete ones of RFC 850 and of asctime in C, which recipients
 * must accept. asctime omits its time zone, GMT. Source: RFC 9110, section 5.6.7.
 */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

const RFC850_DATE = /^[A-Z][a-z]{5,8}, (\d{2})-([A-Z][a-z]{2})-(\d{2}) (\d{2}:\d{2}:\d{2}) GMT$/

const ASCTIME_DATE = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/

/**
 * The wait of a `Retry-After` header, which is in seconds or an HTTP date, within the bounds of `LIMITS`. Undefined without a
 * valid header.
 *
 * @example retryAfterMs('120', Date.now()) // 120000
 */
export const retryAfterMs = (header: string | undefined, now: Instant): DurationMs | undefined => {
  const text = header?.trim() ?? ''
  const delayMs = /^\d+$/.test(text) ? Number(text) * 1_000 : readDate(text, now) - now
  if (Number.isNaN(delayMs)) return undefined
  return Math.min(LIMITS.httpRetryAfterMs, Math.max(LIMITS.httpRetryAfterLeastMs, delayMs))
}

/** NaN for an invalid date. */
const readDate = (text: string, now: Instant): Instant => {
  if (HTTP_DATE.test(text)) return Date.parse(text)
  if (ASCTIME_DATE.test(text)) return Date.parse(`${text} GMT`)
  const [, day, month, year, time] = RFC850_DATE.exec(text) ?? []
  if (year === undefined) return Number.NaN
  // A year of two digits is the latest one with these digits that is at most fifty years ahead.
  const thisYear = new Date(now).getUTCFullYear()
  const sameCentury = thisYear - (thisYear % 100) + Number(year)
  return Date.parse(`${day} ${month} ${sameCentury > thisYear + 50 ? sameCentury - 100 : sameCentury} ${time} GMT`)
}
