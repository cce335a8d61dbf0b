import { type DurationMs, type Instant, LIMITS } from '../../core/define.ts'

/** An HTTP date in the one form that may still be sent. Source: RFC 9110, section 5.6.7. */
const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/

/**
 * How long a `Retry-After` header asks to wait: seconds or an HTTP date, held within the bounds of `LIMITS`. Undefined when
 * there is none or it cannot be read.
 *
 * @example retryAfterMs('120', Date.now()) // 120000
 */
export const retryAfterMs = (header: string | undefined, now: Instant): DurationMs | undefined => {
  const text = header?.trim() ?? ''
  const asked = /^\d+$/.test(text) ? Number(text) * 1_000 : HTTP_DATE.test(text) ? Date.parse(text) - now : Number.NaN
  if (Number.isNaN(asked)) return undefined
  return Math.min(LIMITS.httpRetryAfterMs, Math.max(LIMITS.httpRetryAfterLeastMs, asked))
}
