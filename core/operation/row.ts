import type { Rate } from '../gate/row.ts'
import type { Instant } from '../instant.ts'
import type { Key } from '../row/key.ts'
import type { Place } from '../row/place.ts'
import type { TaskFilter } from '../task/places.ts'
import type { TaskState } from '../task/row.ts'

/** The commands that a bulk operation can give. */
export const ACTIONS = ['cancel', 'redrive', 'reschedule', 'hold', 'ready'] as const
/** A command of a bulk operation. */
export type Action = (typeof ACTIONS)[number]

/** The states of a bulk operation. */
export const OPERATION_STATES = ['running', 'succeeded', 'aborted'] as const
/** A state of a bulk operation. */
export type OperationState = (typeof OPERATION_STATES)[number]

/** A request for a bulk operation: the command, the tasks, and the rate. */
export type BulkRequest = {
  readonly action: Action
  /** An empty filter selects every task of the tenant. */
  readonly filter: TaskFilter
  /** The new time, for `reschedule` and optionally for `ready`. */
  readonly notBefore?: Instant
  /** Spreads the new times over this period after `notBefore`, each by a hash of the task's id. */
  readonly spreadMs?: number
  readonly rate: Rate
  /** Counts the tasks and gives no command. */
  readonly dryRun?: true
  readonly reason?: string
}

/** The result of the command for one task. */
export type BulkResult = {
  readonly task: string
  readonly at: Instant
  readonly result: 'changed' | 'refused'
  /** The state of the task after it. */
  readonly state?: TaskState
  /** Why the command was refused. */
  readonly detail?: string
}

/** The time, author and reason of an abort. */
export type Abort = { readonly at: Instant; readonly by: string; readonly reason?: string }

/**
 * A bulk operation gives one command to every task of a tenant that matches a filter. It reads the agenda, one page at each
 * wake-up.
 *
 * A worker first writes the tasks of a page on this row (`currentPage`), then commands each task, then records the results,
 * which counts the page. A worker that takes over from a lost one commands the same tasks again; a task that already got the
 * command refuses it by its own row. The list of results is derived from this row.
 */
export type BulkOperation = Key &
  BulkRequest & {
    readonly kind: 'operation'
    readonly state: OperationState
    readonly version: number
    /** The version that armed the present wake-up. */
    readonly epoch: number
    readonly startedAt: Instant
    readonly by: string
    /** Environment of the start. In a copy of the table the operation continues, and tasks that it makes ready are held there. */
    readonly environmentId?: string
    readonly updatedAt: Instant
    readonly endedAt?: Instant
    /** The agenda is read up to and including this place. */
    readonly place?: Place
    readonly examinedCount: number
    readonly matchedCount: number
    readonly changedCount: number
    readonly refusedCount: number
    /** Pages whose results are recorded. */
    readonly pagesCount: number
    /** The page that a worker leases until `until`: no other worker commands its tasks before. */
    readonly currentPage?: { readonly tasks: readonly string[]; readonly until: Instant; readonly isLast: boolean }
    /** The results of the last page. */
    readonly results?: readonly BulkResult[]
    readonly abort?: Abort
    /** When the next page is due. */
    readonly dueAt?: Instant
    /** For a request with an idempotency key: `digest.request`, the digest of its body and the id of the request. */
    readonly requestDigest?: string
    /** When the store may forget the row. */
    readonly forgetAt?: Instant
  }

/** The author of a bulk operation's commands in the history of tasks: its caller and its id. */
export const actorOf = ({ id, by }: Pick<BulkOperation, 'id' | 'by'>): string => `${by}${viaOperation(id)}`

/** The suffix of that author. @example viaOperation('01j…') // " via operation:01j…" */
export const viaOperation = (operation: string): string => ` via operation:${operation}`
