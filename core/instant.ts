/** A point in time: milliseconds since 1970-01-01T00:00:00Z. ISO 8601 on wires, a number inside. */
export type Instant = number

/** The wire form of an instant: ISO 8601 in UTC with milliseconds. `iso(0)` is `1970-01-01T00:00:00.000Z`. */
export const iso = (at: Instant): string => new Date(at).toISOString()

const WITH_OFFSET = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/**
 * Reads an ISO 8601 time with an offset, keeping milliseconds. Answers undefined for anything else: a time without
 * an offset would mean another instant on each machine, and a 31st of June is a typing error, not the first of July.
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
