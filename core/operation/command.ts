import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import type { Place } from '../row/place.ts'
import type { Stamp } from '../row/stamp.ts'
import type { BulkRequest, BulkResult } from './row.ts'

/** The next page of the agenda: the selected tasks up to a place. */
export type NextPage = {
  readonly tasks: readonly string[]
  /** The last task that was read; absent when there was none. */
  readonly place?: Place
  readonly examined: number
  readonly matched: number
  /** No task follows on the agenda. */
  readonly isLast: boolean
}

/** Every command of a bulk operation. */
export type OperationCommand =
  | (Stamp & {
      readonly name: 'start'
      readonly request: BulkRequest
      readonly environmentId?: string
      readonly requestDigest?: string
    })
  /**
   * A worker leases a page: the one that it found from the given version of the row, or, without `found`, the page of a lost
   * worker.
   */
  | (Stamp & {
      readonly name: 'takePage'
      readonly version: number
      readonly found?: NextPage
      readonly until: Instant
      readonly retentionMs: DurationMs
    })
  /** All tasks of the current page have got the command. */
  | (Stamp & {
      readonly name: 'recordResults'
      readonly page: number
      readonly results: readonly BulkResult[]
      readonly retentionMs: DurationMs
    })
  | (Stamp & { readonly name: 'abort'; readonly reason?: string; readonly retentionMs: DurationMs })
