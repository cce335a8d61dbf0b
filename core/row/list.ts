import type { Instant } from '../instant.ts'
import type { Json } from './json.ts'

/** An ordered list beside a row: a gate's waiting line; the operations of a tenant, and what each has touched; who commanded what. */
export type ListKey = {
  readonly list: 'waitlist' | 'operations' | 'results' | 'audit'
  readonly tenant: string
  readonly id: string
}

/** A line of an ordered list: where it stands, and what it says. Places are 1 to `LIMITS.entryPlaceBytes` bytes and sort as texts. */
export type Entry = { readonly at: string; readonly value: Json }

/**
 * A place that sorts by time, and then by what tells two things of one instant apart.
 *
 * @example timePlace(250, 'task.a', 3) // "0000000000000250#task.a#3"
 */
export const timePlace = (at: Instant, ...apart: readonly (string | number)[]): string =>
  [String(Math.max(0, Math.ceil(at))).padStart(DIGITS, '0'), ...apart].join('#')

/** Every instant that a `Date` holds has at most so many digits. */
const DIGITS = 16
