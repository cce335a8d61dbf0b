import type { Control, GateRef } from '../gate/row.ts'
import type { Instant } from '../instant.ts'
import type { Entry, ListKey } from '../list.ts'
import { isFar } from '../wakeup.ts'
import { eventOf, removalOf, type TaskEvent } from './event.ts'
import { noted } from './noted.ts'
import { type Nudge, nudgeOf, timerName } from './nudge.ts'
import { passage } from './passage.ts'
import { documentsOf, failureTaskId, isOpen, type TaskRow } from './row.ts'

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
  /** The failure task of a task that failed for good. */
  | { readonly kind: 'submit'; readonly id: string; readonly failed: TaskRow }
  /** A task stands in a gate's line from now on, or does not any more. */
  | { readonly kind: 'join'; readonly gate: GateRef; readonly place: string; readonly epoch: number }
  | { readonly kind: 'unline'; readonly gate: GateRef; readonly place: string }
  /** A task gives back its place in a gate, if it has one. */
  | { readonly kind: 'leave'; readonly gate: GateRef; readonly task: string; readonly epoch: number }
  /** A gate is told what people have said of it. */
  | { readonly kind: 'control'; readonly gate: GateRef; readonly control: Control; readonly revision: number }
  /** Lines of a list beside a row, kept for ever, or as long as finished tasks are, counted from `since`. */
  | { readonly kind: 'note'; readonly list: ListKey; readonly entries: readonly Entry[]; readonly since?: Instant }
  /** Documents that nobody needs any more: of a row that the store has forgotten, or an input that was replaced. */
  | { readonly kind: 'discard'; readonly row: TaskRow; readonly documents: readonly string[] }

/** What follows from a committed change. Pure, and the same however often it is asked. */
export const consequences = (before: TaskRow | undefined, after: TaskRow | undefined): readonly Effect[] => {
  if (!after) return before ? forgotten(before) : []
  return [
    ...disarms(before, after),
    ...passage(before, after),
    ...(before?.epoch === after.epoch ? [] : wakes(after)),
    ...submits(before, after),
    ...publishes(before, after),
    ...replaces(before, after),
    ...noted(before, after),
  ]
}

/** The wake-up that an open row needs. Also what the sweep sends again when a wake-up seems to have been lost. */
export const wakes = (row: TaskRow): readonly Effect[] => {
  const dueAt = row.state === 'running' ? row.lease?.until : isOpen(row.state) ? row.dueAt : undefined
  if (dueAt === undefined) return []
  const nudge = nudgeOf(row, dueAt)
  return [isFar(row.updatedAt, dueAt) ? { kind: 'arm', name: timerName(row), nudge } : { kind: 'send', nudge }]
}

/** A timer has to go when its wake-up did, unless it was what woke the row: then it is spent and has deleted itself. */
const disarms = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  if (!before || before.dueAt === undefined || before.state === 'running') return []
  const gone = before.epoch !== after.epoch || !isOpen(after.state)
  return gone && isFar(before.updatedAt, before.dueAt) ? [{ kind: 'disarm', name: timerName(before) }] : []
}

const submits = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] =>
  after.state === 'failed' && before?.state !== 'failed' && after.onFailure
    ? [{ kind: 'submit', id: failureTaskId(after), failed: after }]
    : []

const publishes = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  const event = eventOf(before, after)
  if (!event || !after.events || after.events === 'none') return []
  return after.events === 'all' || !isOpen(after.state) ? [{ kind: 'publish', event }] : []
}

/** A replaced input has a name that no other input will have, so it cannot be wanted again. */
const replaces = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] =>
  before && 'document' in before.input && !documentsOf(after).includes(before.input.document)
    ? [{ kind: 'discard', row: before, documents: [before.input.document] }]
    : []

const forgotten = (row: TaskRow): readonly Effect[] => {
  const documents = documentsOf(row)
  return [
    ...(documents.length > 0 ? [{ kind: 'discard', row, documents } as const] : []),
    // Whoever wants to hear of ends has heard of this one.
    ...(row.events === 'all' ? [{ kind: 'publish', event: removalOf(row) } as const] : []),
  ]
}
