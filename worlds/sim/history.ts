import { type GateRow, gateRef } from '../../core/gate/row.ts'
import type { Instant } from '../../core/instant.ts'
import type { BulkOperation, BulkResult } from '../../core/operation/row.ts'
import type { Json } from '../../core/row/json.ts'
import type { TaskEvent } from '../../core/task/event.ts'
import type { Payload, TaskRow } from '../../core/task/row.ts'
import type { TenantRow } from '../../core/tenant/row.ts'
import type { Uniqueness } from './workload/duplicates.ts'

/**
 * What was seen to happen, in true time and order: at the store beneath every fault, at the bus, in the handlers and at
 * the callers. Checkers read this and nothing else, so that the engine's own opinion of itself does not count.
 */
export type History = {
  readonly seed: number
  /** Since then nothing has gone wrong any more. */
  readonly healedAt: Instant
  readonly endedAt: Instant
  /** Did everything come to rest before the bound? What had not is named. */
  readonly unsettled?: string
  readonly commits: readonly Commit[]
  /** How many tasks of each tenant may run at once, if the deployment says so. */
  readonly tenantLimit?: number
  /** Writes of gates, of tenants, and of the lines beside the gates. */
  readonly gates: readonly Change<GateRow>[]
  readonly controls: readonly Change<TenantRow>[]
  readonly lines: readonly LineMove[]
  /** Writes of operations, and the lists of what they have told, by operation and place. */
  readonly operations: readonly Change<BulkOperation>[]
  readonly told: ReadonlyMap<string, ReadonlyMap<string, BulkResult>>
  readonly runs: readonly Run[]
  readonly published: readonly Published[]
  readonly creations: readonly CreationRequest[]
  readonly unreadable: readonly UnreadableMessage[]
  /** What nobody foresaw: answers of the API that it must not give. */
  readonly unexpected: readonly { readonly at: Instant; readonly message: string }[]
  /** Documents that were stored, by `documentKey`. */
  readonly documents: ReadonlyMap<string, string>
}

/** A write of a task's row that took effect. */
export type Commit = { readonly at: Instant; readonly process: string; readonly before?: TaskRow; readonly after: TaskRow }

/** A write of another row that took effect. */
export type Change<Row> = { readonly at: Instant; readonly before?: Row; readonly after: Row }

/** A place in a gate's line is taken or let go of. */
export type LineMove = { readonly at: Instant; readonly gate: string; readonly place: string; readonly joins: boolean }

/** What tells one gate from all others. */
export const gateName = ({ tenant, id }: { readonly tenant: string; readonly id: string }): string => gateRef(tenant, id)

/** One run of a handler. `endedAt` is when it answered or threw, or when its process died. */
export type Run = {
  readonly at: Instant
  readonly process: string
  readonly tenant: string
  readonly id: string
  readonly attempt: number
  readonly input: Json
  readonly endedAt?: Instant
  readonly outcome?: string
}

/** An event that reached the bus. */
export type Published = { readonly at: Instant; readonly event: TaskEvent }

/** A creation that a caller asked for, by the mark that the task carries as a tag, and what the caller was last told. */
export type CreationRequest = {
  readonly mark: string
  readonly tenant: string
  readonly input: Json
  /** What it is to be the only one of. */
  readonly uniqueness?: Uniqueness
  /** The id that each answer named. */
  readonly answeredIds: readonly string[]
}

/** A message that nobody can read. */
export type UnreadableMessage = { readonly at: Instant; readonly body: string }

/** All commits of each task, in order. */
export const tasksOf = ({ commits }: Pick<History, 'commits'>): ReadonlyMap<string, readonly Commit[]> =>
  Map.groupBy(commits, ({ after }) => taskKey(after))

/** What tells one task from all others. */
export const taskKey = (task: { readonly tenant: string; readonly id: string }): string => `${task.tenant}/${task.id}`

/** What tells one document from all others. */
export const documentKey = (tenant: string, id: string, name: string): string => `${tenant}/${id}/${name}`

/** A payload of a row as it was stored; undefined when its document never was. */
export const payloadOf = (history: History, row: TaskRow, payload: Payload): Json | undefined => {
  if ('inline' in payload) return payload.inline
  const text = history.documents.get(documentKey(row.tenant, row.id, payload.document))
  return text === undefined ? undefined : (JSON.parse(text) as Json)
}

/** Does this commit give the task to a worker? */
export const isClaim = ({ before, after }: Commit): boolean =>
  before !== undefined && after.state === 'running' && before.attempt !== after.attempt
