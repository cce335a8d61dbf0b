import type { DurationMs } from '../duration.ts'

/**
 * A wall-clock time without a zone: the milliseconds that it would have since 1970 if its zone were UTC. The functions of `Date`
 * for UTC therefore work on it. It is no `Instant`: only `zone.ts` turns one into the other.
 */
export type Local = number

/** A day of 24 hours. A day of a zone can be longer or shorter. */
export const DAY_MS: DurationMs = 86_400_000

/** A wall-clock time from its parts; the month is 1 to 12. @example localOf(2026, 3, 29, 2, 30) */
export const localOf = (year: number, month: number, day: number, hour = 0, minute = 0, second = 0): Local =>
  Date.UTC(year, month - 1, day, hour, minute, second)

/** The start of the day of a wall-clock time. */
export const startOfDay = (local: Local): Local => Math.floor(local / DAY_MS) * DAY_MS

/** The time since the start of its day. */
export const timeOfDay = (local: Local): DurationMs => local - startOfDay(local)

/** A wall-clock time as text, without zone. @example showLocal(0) // "1970-01-01T00:00:00" */
export const showLocal = (local: Local): string => new Date(local).toISOString().replace(/(?:\.000)?Z$/, '')
