import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import type { Place } from '../row/place.ts'
import type { Stamp } from '../row/stamp.ts'
import type { Order, Told } from './row.ts'

/** What lies ahead on the agenda: the tasks that are meant, up to a place. */
export type Found = {
  readonly tasks: readonly string[]
  /** The last one that was looked at; absent when there was none. */
  readonly place?: Place
  readonly examined: number
  readonly matched: number
  /** Nothing comes behind it. */
  readonly isLast: boolean
}

/** Everything that can be said to an operation. */
export type OperationCommand =
  | (Stamp & { readonly name: 'start'; readonly order: Order; readonly environmentId?: string; readonly requestDigest?: string })
  /**
   * A worker takes a page in hand: the one that it has found ahead of the version that it looked at, or without `found` the
   * one that a dead worker has left.
   */
  | (Stamp & {
      readonly name: 'take'
      readonly version: number
      readonly found?: Found
      readonly until: Instant
      readonly retentionMs: DurationMs
    })
  /** All tasks of the page in hand have been told. */
  | (Stamp & { readonly name: 'tell'; readonly page: number; readonly told: readonly Told[]; readonly retentionMs: DurationMs })
  | (Stamp & { readonly name: 'abort'; readonly reason?: string; readonly retentionMs: DurationMs })
