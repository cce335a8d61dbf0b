import type { Control, GateRef } from '../gate/row.ts'
import type { Instant } from '../instant.ts'
import type { TaskEvent } from '../task/event.ts'
import type { TaskRow } from '../task/row.ts'
import type { Key } from './key.ts'
import type { Entry, ListKey } from './list.ts'
import type { Nudge } from './nudge.ts'

/**
 * An action that the relay performs after a row was written. Every effect is idempotent, by a name made of the row and its
 * epoch or version. So the relay can be a plain at-least-once loop.
 */
export type Effect =
  /** Arms a far wake-up: a timer sends the nudge. */
  | { readonly kind: 'arm'; readonly name: string; readonly nudge: Nudge }
  /** Deletes the timer of an obsolete wake-up. */
  | { readonly kind: 'disarm'; readonly name: string }
  /** Sends a near wake-up: a delayed message. */
  | { readonly kind: 'send'; readonly nudge: Nudge }
  /** Publishes a lifecycle event to the bus. */
  | { readonly kind: 'publish'; readonly event: TaskEvent }
  /** Sends a command to another row, of any kind. */
  | Submit
  /** Adds a blocked task to the waitlist of a gate, or removes it. */
  | { readonly kind: 'joinWaitlist'; readonly gate: GateRef; readonly place: string; readonly epoch: number }
  | { readonly kind: 'leaveWaitlist'; readonly gate: GateRef; readonly place: string }
  /** Releases the place of a task in a gate, if it has one. */
  | { readonly kind: 'release'; readonly gate: GateRef; readonly task: string; readonly epoch: number }
  /** Updates a gate with the limits and pauses set through the API. */
  | { readonly kind: 'control'; readonly gate: GateRef; readonly control: Control; readonly revision: number }
  /** Appends entries to a list beside a row. Entries are kept for ever, or for the retention of finished tasks after `since`. */
  | { readonly kind: 'appendEntries'; readonly list: ListKey; readonly entries: readonly Entry[]; readonly since?: Instant }
  /** Deletes documents that are no longer needed: of a removed row, or of a replaced input. */
  | { readonly kind: 'discard'; readonly row: TaskRow; readonly documents: readonly string[] }

/**
 * A command that one row sends to another: a failure task is created this way. The relay adds its own time as `at`, so
 * the sweep has not yet passed the time of a row that a delayed relay creates.
 */
export type Submit = {
  readonly kind: 'submit'
  readonly key: Key
  /** A command of the kind of `key`, without its time. */
  readonly command: { readonly name: string; readonly by: string; readonly [field: string]: unknown }
  /** The command creates the row: the relay does not read it first, and a row that exists already is no error. */
  readonly creates?: true
  /** The owner of the documents that the command names. The relay copies them to the new row. */
  readonly documents?: string
  /** The failed task of a failure task to create. The relay adds the failure to the command as `input`, or as a part of it. */
  readonly failure?: TaskRow
}
