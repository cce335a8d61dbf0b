import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { show } from '../reading/messages.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { DAY_MS, type Local, showLocal } from './local.ts'

/** An IANA name of a time zone, such as `Europe/Berlin`. */
export type TimeZone = string

/** One formatter for each zone: to make one takes longer than all its later uses. */
const formats = new Map<TimeZone, Intl.DateTimeFormat>()

/** @throws RangeError when the zone is unknown; `readTimeZone` has refused it before */
const formatOf = (timeZone: TimeZone): Intl.DateTimeFormat => {
  const known = formats.get(timeZone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', { timeZone, timeZoneName: 'longOffset' })
  // The runtime takes a name in any case, so there are more names than zones.
  if (formats.size >= LIMITS.zonesCount) {
    formats.clear()
    offsetsOfDays.clear()
  }
  formats.set(timeZone, format)
  return format
}

/**
 * Reads the name of a time zone; its rules are those of the tz database in the runtime.
 *
 * @example readTimeZone('Europe/Berlin') // { timeZone: 'Europe/Berlin' }
 */
export const readTimeZone = (given: string): { readonly timeZone: TimeZone } | Refusal => {
  const form = 'it must be an IANA time zone, such as "Europe/Berlin" or "UTC"'
  // An offset is no zone: it does not follow the daylight saving of its place.
  if (/^[+-]/.test(given)) return refuse('invalid', `${show(given)} is an offset; ${form}`)
  try {
    formatOf(given)
    return { timeZone: given }
  } catch {
    return refuse('invalid', `${show(given)}; ${form}`)
  }
}

const OFFSET = /GMT(?:([+-])(\d{2}):(\d{2})(?::(\d{2}))?)?$/

const askedOffsetAt = (timeZone: TimeZone, at: Instant): DurationMs => {
  const [, sign, hours = 0, minutes = 0, seconds = 0] = OFFSET.exec(formatOf(timeZone).format(at)) ?? []
  const ms = (Number(hours) * 3_600 + Number(minutes) * 60 + Number(seconds)) * 1_000
  return sign === '-' ? -ms : ms
}

/** The offsets of a zone at the starts of UTC days, by day. To ask the runtime takes some microseconds, and a search needs ten. */
const offsetsOfDays = new Map<TimeZone, Map<number, DurationMs>>()

const offsetOfDay = (timeZone: TimeZone, day: number): DurationMs => {
  const days = offsetsOfDays.get(timeZone) ?? new Map<number, DurationMs>()
  offsetsOfDays.set(timeZone, days)
  const known = days.get(day)
  if (known !== undefined) return known
  if (days.size >= LIMITS.zoneDaysCount) days.clear()
  const offset = askedOffsetAt(timeZone, day * DAY_MS)
  days.set(day, offset)
  return offset
}

/**
 * The offset of a zone at an instant: local time minus UTC. A day at whose ends it is equal has no change in between: no zone of
 * the tz database has changed twice within a day since 1970.
 *
 * @example offsetAt('Asia/Kolkata', 0) // 19800000
 */
export const offsetAt = (timeZone: TimeZone, at: Instant): DurationMs => {
  if (timeZone === 'UTC') return 0
  const day = Math.floor(at / DAY_MS)
  const offset = offsetOfDay(timeZone, day)
  return at === day * DAY_MS || offset === offsetOfDay(timeZone, day + 1) ? offset : askedOffsetAt(timeZone, at)
}

/** The wall-clock time of a zone at an instant. */
export const toLocal = (timeZone: TimeZone, at: Instant): Local => at + offsetAt(timeZone, at)

/** The offsets of a zone within a day before and after an instant: the least and the greatest. They are equal away from a change. */
export const offsetsAround = (timeZone: TimeZone, at: Instant): { readonly least: DurationMs; readonly most: DurationMs } => {
  if (timeZone === 'UTC') return { least: 0, most: 0 }
  const offsets = [at - AROUND_MS, at, at + AROUND_MS].map((it) => offsetAt(timeZone, it))
  return { least: Math.min(...offsets), most: Math.max(...offsets) }
}

/** The largest change of an offset is a day (Samoa, 2011), and an instant and its local time differ by at most 14 hours. */
export const AROUND_MS = DAY_MS + 14 * 3_600_000

/** The instants at which the clocks of a zone show a wall-clock time. */
export type Instants =
  | { readonly is: 'once'; readonly at: Instant }
  /** The clocks skip this time. `shifted` is its instant by the offset before the change. Source: RFC 5545, section 3.3.5. */
  | { readonly is: 'gap'; readonly shifted: Instant }
  /** The clocks show this time twice. */
  | { readonly is: 'overlap'; readonly first: Instant; readonly second: Instant }

/**
 * The instants of a wall-clock time.
 *
 * @example toInstants('Europe/Berlin', localOf(2026, 3, 29, 2, 30)) // { is: 'gap', shifted: 2026-03-29T01:30:00Z }
 */
export const toInstants = (timeZone: TimeZone, local: Local): Instants => {
  const before = local - offsetAt(timeZone, local - DAY_MS)
  const after = local - offsetAt(timeZone, local + DAY_MS)
  if (before === after) return { is: 'once', at: before }
  const isBefore = toLocal(timeZone, before) === local
  const isAfter = toLocal(timeZone, after) === local
  if (isBefore && isAfter) return { is: 'overlap', first: Math.min(before, after), second: Math.max(before, after) }
  if (isBefore) return { is: 'once', at: before }
  return isAfter ? { is: 'once', at: after } : { is: 'gap', shifted: before }
}

/** An instant as ISO 8601 with the offset of a zone. @example showInZone('Europe/Berlin', 0) // "1970-01-01T01:00:00+01:00" */
export const showInZone = (timeZone: TimeZone, at: Instant): string => {
  const offset = offsetAt(timeZone, at)
  const minutes = Math.abs(offset) / 60_000
  const two = (count: number) => String(Math.floor(count)).padStart(2, '0')
  const suffix = timeZone === 'UTC' ? 'Z' : `${offset < 0 ? '-' : '+'}${two(minutes / 60)}:${two(minutes % 60)}`
  return `${showLocal(at + offset)}${suffix}`
}
