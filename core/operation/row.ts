import type { Rate } from '../gate/row.ts'
import type { Instant } from '../instant.ts'
import type { Key } from '../row/key.ts'
import type { Place } from '../row/place.ts'
import type { TaskFilter } from '../task/filter.ts'
import type { TaskState } from '../task/row.ts'

/** What many tasks can be told at once. */
export const ACTIONS = ['cancel', 'redrive', 'reschedule', 'hold', 'ready'] as const
/** One of these. */
export type Action = (typeof ACTIONS)[number]

/** Where an operation is. */
export const OPERATION_STATES = ['running', 'succeeded', 'aborted'] as const
/** One of these. */
export type OperationState = (typeof OPERATION_STATES)[number]

/** What is to be told, to which tasks, and how fast. */
export type BulkRequest = {
  readonly action: Action
  /** Without a field it means every task of the tenant. */
  readonly filter: TaskFilter
  /** Of a reschedule, and of a ready that says it: the new time. */
  readonly notBefore?: Instant
  /** The new times lie anywhere within this stretch behind `notBefore`, each task's where its id puts it. */
  readonly spreadMs?: number
  readonly rate: Rate
  /** Counts, and tells nobody anything. */
  readonly dryRun?: true
  readonly reason?: string
}

/** What a task was told, and what came of that. */
export type BulkResult = {
  readonly task: string
  readonly at: Instant
  readonly result: 'changed' | 'refused'
  /** Its state then. */
  readonly state?: TaskState
  /** Why it was refused. */
  readonly detail?: string
}

/** Who put an end to an operation before its time. */
export type Abort = { readonly at: Instant; readonly by: string; readonly reason?: string }

/**
 * Many tasks are told the same: an operation walks along the tenant's agenda, a page at each wake-up.
 *
 * The tasks of a page are *taken in hand*, written on this row, before the first of them is told anything; when all have been
 * told, the row says what came of it, and only then has the page been counted. So whoever takes over from a worker that
 * died tells the very same tasks: one that has been told already knows that by its own row, and the list of what was touched
 * follows from this one.
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
    /** Where it was begun. It goes on in a copy of the table as well, and what it makes ready there is to be held there. */
    readonly environmentId?: string
    readonly updatedAt: Instant
    readonly endedAt?: Instant
    /** Everything up to this place has been looked at. */
    readonly place?: Place
    readonly examinedCount: number
    readonly matchedCount: number
    readonly changedCount: number
    readonly refusedCount: number
    /** Pages that have been told. */
    readonly pagesCount: number
    /** Tasks that are being told; until then nobody else tells them. */
    readonly currentPage?: { readonly tasks: readonly string[]; readonly until: Instant; readonly isLast: boolean }
    /** What the last page came to. */
    readonly results?: readonly BulkResult[]
    readonly abort?: Abort
    /** When the next page is due. */
    readonly dueAt?: Instant
    /** Digest of the body that its idempotency key came with, and the id of that request. */
    readonly requestDigest?: string
    /** When the store may forget the row. */
    readonly forgetAt?: Instant
  }

/** How an operation stands behind the name of who began it, in the history of every task that it touches. */
export const actorOf = ({ id, by }: Pick<BulkOperation, 'id' | 'by'>): string => `${by}${viaOperation(id)}`

/** @example via('01j…') // " via operation:01j…" */
export const viaOperation = (operation: string): string => ` via operation:${operation}`
