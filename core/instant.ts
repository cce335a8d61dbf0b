/** A point in time: milliseconds since 1970-01-01T00:00:00Z. The API uses ISO 8601 instead. */
export type Instant = number

/** An instant as ISO 8601 in UTC with milliseconds. @example iso(0) // "1970-01-01T00:00:00.000Z" */
export const iso = (at: Instant): string => new Date(at).toISOString()

const WITH_OFFSET = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/**
 * Reads an ISO 8601 time with an offset, to the millisecond; undefined for any other text. A time without offset would depend on
 * the machine, and 31 June is an error, not 1 July.
 *
 * @example parseInstant('2026-11-21T20:00:00.250+01:00') // 1795287600250
 */
export const parseInstant = (text: string): Instant | undefined => {
  const parts = WITH_OFFSET.exec(text)
  if (!parts) return undefined
  const [, year, month, day] = parts.map(Number)
  const daysInMonth = new Date(Date.UTC(year as number, month as number, 0)).getUTCDate()
  if ((day as number) > daysInMonth) return undefined
  const at = Date.parse(text)
  return Number.isNaN(at) ? undefined : at
}
