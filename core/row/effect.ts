import type { Control, GateRef } from '../gate/row.ts'
import type { Instant } from '../instant.ts'
import type { TaskEvent } from '../task/event.ts'
import type { TaskRow } from '../task/row.ts'
import type { Key } from './key.ts'
import type { Entry, ListKey } from './list.ts'
import type { Nudge } from './nudge.ts'

/**
 * What is to be done in the world because a row was written. Each one is idempotent by a name made of row and epoch (or
 * version), so performing it again does nothing; that is what lets the relay be a plain at-least-once loop.
 */
export type Effect =
  /** A far wake-up: a timer that will send the nudge. */
  | { readonly kind: 'arm'; readonly name: string; readonly nudge: Nudge }
  /** The timer of a wake-up that is no longer wanted. */
  | { readonly kind: 'disarm'; readonly name: string }
  /** A near wake-up: a delayed message. */
  | { readonly kind: 'send'; readonly nudge: Nudge }
  /** A lifecycle event for the bus. */
  | { readonly kind: 'publish'; readonly event: TaskEvent }
  /** A command to another row, of any kind. */
  | Submit
  /** A task stands in a gate's line from now on, or does not any more. */
  | { readonly kind: 'joinWaitlist'; readonly gate: GateRef; readonly place: string; readonly epoch: number }
  | { readonly kind: 'leaveWaitlist'; readonly gate: GateRef; readonly place: string }
  /** A task gives back its place in a gate, if it has one. */
  | { readonly kind: 'release'; readonly gate: GateRef; readonly task: string; readonly epoch: number }
  /** A gate is told what people have said of it. */
  | { readonly kind: 'control'; readonly gate: GateRef; readonly control: Control; readonly revision: number }
  /** Lines of a list beside a row, kept for ever, or as long as finished tasks are, counted from `since`. */
  | { readonly kind: 'appendEntries'; readonly list: ListKey; readonly entries: readonly Entry[]; readonly since?: Instant }
  /** Documents that nobody needs any more: of a row that the store has forgotten, or an input that was replaced. */
  | { readonly kind: 'discard'; readonly row: TaskRow; readonly documents: readonly string[] }

/**
 * A command that one row sends to another: a failure task is created this way. The relay stamps it with its own time, so a
 * row that a delayed relay creates still lies ahead of the sweep's mark.
 */
export type Submit = {
  readonly kind: 'submit'
  readonly key: Key
  /** A command of the kind of `key`, without its time. */
  readonly command: { readonly name: string; readonly by: string }
  /** The command creates the row: the relay does not read it first, and a row that exists already is no error. */
  readonly creates?: true
  /** The failed task that becomes the input of a created task. The relay adds it to the command as `input`. */
  readonly failure?: TaskRow
}
