import type { Instant } from '../instant.ts'
import type { Json } from './json.ts'

/** The key of an ordered list beside a row: a gate's waitlist, a tenant's operations, an operation's results, a tenant's audit. */
export type ListKey = {
  /** One of the lists that a kind's definition names. */
  readonly list: string
  readonly tenant: string
  readonly id: string
}

/** An entry of an ordered list. Its position `at` is 1 to `LIMITS.entryPlaceBytes` bytes; positions sort as text. */
export type Entry = { readonly at: string; readonly value: Json }

/**
 * A position that sorts by time, and within one instant by the other parts.
 *
 * @example timePlace(250, 'task.a', 3) // "0000000000000250#task.a#3"
 */
export const timePlace = (at: Instant, ...apart: readonly (string | number)[]): string =>
  [String(Math.max(0, Math.ceil(at))).padStart(DIGITS, '0'), ...apart].join('#')

/** The digits of the largest instant of a `Date`. */
const DIGITS = 16
