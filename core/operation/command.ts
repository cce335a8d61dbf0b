import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import type { Place } from '../row/place.ts'
import type { Stamp } from '../row/stamp.ts'
import type { BulkRequest, BulkResult } from './row.ts'

/** What lies ahead on the agenda: the tasks that are meant, up to a place. */
export type NextPage = {
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
  | (Stamp & {
      readonly name: 'start'
      readonly request: BulkRequest
      readonly environmentId?: string
      readonly requestDigest?: string
    })
  /**
   * A worker takes a page in hand: the one that it has found ahead of the version that it looked at, or without `found` the
   * one that a dead worker has left.
   */
  | (Stamp & {
      readonly name: 'takePage'
      readonly version: number
      readonly found?: NextPage
      readonly until: Instant
      readonly retentionMs: DurationMs
    })
  /** All tasks of the page in hand have been told. */
  | (Stamp & {
      readonly name: 'recordResults'
      readonly page: number
      readonly results: readonly BulkResult[]
      readonly retentionMs: DurationMs
    })
  | (Stamp & { readonly name: 'abort'; readonly reason?: string; readonly retentionMs: DurationMs })
