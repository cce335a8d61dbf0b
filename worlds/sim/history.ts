import { type GateRef, gateRef } from '../../core/gate/row.ts'
import type { Instant } from '../../core/instant.ts'
import type { Kind, RowOf } from '../../core/kinds.ts'
import type { Json } from '../../core/row/json.ts'
import type { ListKey } from '../../core/row/list.ts'
import type { TaskEvent } from '../../core/task/event.ts'
import type { Payload, TaskRow } from '../../core/task/row.ts'
import type { Fault } from './faults.ts'
import type { Uniqueness } from './workload/duplicates.ts'

/**
 * What happened in a run, in true time and order. It is recorded at the store beneath every fault, at the bus, in the
 * handlers and at the callers. Checkers read only this, so no checker depends on what the engine reports.
 */
export type History = {
  readonly seed: number
  /** After this instant no fault occurs. */
  readonly healedAt: Instant
  readonly endedAt: Instant
  /** Work that was not done when the run was stopped. Absent when everything settled. */
  readonly unsettled?: string
  /** How many tasks of each tenant may run at once, if the deployment has such a limit. */
  readonly tenantLimit?: number
  /** Every committed write of a row, by kind. `changesOf` reads it. */
  readonly changes: ReadonlyMap<string, readonly Change[]>
  /** Every write to an ordered list, by the name of the list. `entriesOf` reads it. */
  readonly entries: ReadonlyMap<string, readonly EntryChange[]>
  readonly runs: readonly Run[]
  readonly published: readonly Published[]
  readonly creations: readonly CreationRequest[]
  readonly unreadable: readonly UnreadableMessage[]
  /** Each message that the run itself moved to the dead-letter queue, by the key of its row. */
  readonly poisoned: readonly { readonly at: Instant; readonly key: string }[]
  /** Answers that the API must not give. */
  readonly unexpected: readonly { readonly at: Instant; readonly message: string }[]
  /** Stored documents, by `documentKey`. */
  readonly documents: ReadonlyMap<string, string>
  /** How many wake-ups were sent, by `wakeupKey`. */
  readonly wakeups: ReadonlyMap<string, number>
  /** When processes were told to stop, by their names. */
  readonly stops: ReadonlyMap<string, Instant>
  /** The only fault that this run has, if it is a run with one fault. */
  readonly only?: Fault
}

/** A committed write of a row. `before` is absent for a creation. */
export type Change<Of extends Kind = Kind> = {
  readonly at: Instant
  readonly process: string
  readonly before?: RowOf<Of>
  readonly after: RowOf<Of>
}

/** A committed write of a task. */
export type Commit = Change<'task'>

/** All committed writes of rows of one kind, in order. @example changesOf(history, 'gate') */
export const changesOf = <Of extends Kind>({ changes }: Pick<History, 'changes'>, kind: Of): readonly Change<Of>[] =>
  (changes.get(kind) ?? []) as readonly Change<Of>[]

/** A write to an ordered list. `value` is absent when the entry was dropped. */
export type EntryChange = {
  readonly at: Instant
  readonly process: string
  readonly tenant: string
  readonly id: string
  readonly place: string
  readonly value?: Json
}

/** All writes to the lists of one name, in order. @example entriesOf(history, 'waitlist') */
export const entriesOf = ({ entries }: Pick<History, 'entries'>, list: ListKey['list']): readonly EntryChange[] =>
  entries.get(list) ?? []

/** Identifies a gate over all tenants. */
export const gateName = ({ tenant, id }: { readonly tenant: string; readonly id: string }): GateRef => gateRef(tenant, id)

/** One run of a handler. `endedAt` is when it returned or threw, or when its process died. */
export type Run = {
  readonly at: Instant
  readonly process: string
  readonly tenant: string
  readonly id: string
  readonly attempt: number
  readonly input: Json
  readonly endedAt?: Instant
  readonly outcome?: string
  /** When the function that ran the handler is killed. */
  readonly deadlineAt?: Instant
}

/** An event that reached the bus. */
export type Published = { readonly at: Instant; readonly event: TaskEvent }

/** A creation that a caller requested. The created task has `mark` as a tag. */
export type CreationRequest = {
  readonly mark: string
  readonly tenant: string
  readonly input: Json
  readonly uniqueness?: Uniqueness
  /** The id in each answer. */
  readonly answeredIds: readonly string[]
}

/** A message that is not a nudge. */
export type UnreadableMessage = { readonly at: Instant; readonly body: string }

/** All commits of each task, in order. */
export const tasksOf = (history: Pick<History, 'changes'>): ReadonlyMap<string, readonly Commit[]> =>
  Map.groupBy(changesOf(history, 'task'), ({ after }) => taskKey(after))

/** Identifies a task over all tenants. */
export const taskKey = (task: { readonly tenant: string; readonly id: string }): string => `${task.tenant}/${task.id}`

/** Identifies the wake-up of a task over all tenants. */
export const wakeupKey = (of: { readonly tenant: string; readonly id: string; readonly epoch: number }): string =>
  `${taskKey(of)}/${of.epoch}`

/** Identifies a document over all tenants. */
export const documentKey = (tenant: string, id: string, name: string): string => `${tenant}/${id}/${name}`

/** A payload of a row as it was stored; undefined when its document was never stored. */
export const payloadOf = (history: History, row: TaskRow, payload: Payload): Json | undefined => {
  if ('inline' in payload) return payload.inline
  const text = history.documents.get(documentKey(row.tenant, row.id, payload.document))
  return text === undefined ? undefined : (JSON.parse(text) as Json)
}

/** Does this commit end an attempt that counts neither as failed nor as lost? */
export const isInterruption = ({ before, after }: Commit): boolean => (after.interruptions ?? 0) > (before?.interruptions ?? 0)

/** Does this commit give the task to a worker? */
export const isClaim = ({ before, after }: Commit): boolean =>
  before !== undefined && after.state === 'running' && before.attempt !== after.attempt
