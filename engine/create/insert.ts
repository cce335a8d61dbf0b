import { createHash } from 'node:crypto'
import { defined } from '../../core/defined.ts'
import type { Instant } from '../../core/instant.ts'
import type { KeyOf } from '../../core/kinds.ts'
import type { CreateTaskRequest } from '../../core/reading/task-request.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { Json } from '../../core/row/json.ts'
import { documentsOf, type Loaded, type Payload, type TaskRow } from '../../core/task/row.ts'
import type { Replaceable } from '../../core/unique/policy.ts'
import type { App } from '../app.ts'
import { apply } from '../apply.ts'
import { checkNewFarTask } from '../far-tasks.ts'
import type { Needs } from '../needs.ts'
import { storePayload } from '../payload.ts'
import type { ResolvedRequest } from './resolve.ts'

/** The caller of a request: the tenant and the actor from the caller's claims. */
export type Requester = { readonly tenant: string; readonly by: string }

/** The world, the configuration and the caller of a request. */
export type CreateContext = { readonly world: Needs<'api'>; readonly app: App; readonly caller: Requester }

/** A valid request: its fields, the resolved fields of the task, its time, and its identity. */
export type Creation = {
  readonly request: CreateTaskRequest
  readonly resolved: ResolvedRequest
  readonly at: Instant
  readonly identity: Identity
}

/**
 * The outcome of a request: the row of a new task, of the task that the same key created earlier (`replayed`), or of an
 * existing task that makes this one a duplicate (`duplicateOf`). `known` has the payloads that the request itself contains,
 * so that an answer can show them without a read.
 */
export type CreateOutcome = {
  readonly row: TaskRow
  readonly known: Loaded
  readonly replayed: boolean
  readonly duplicateOf?: Duplicate
}

/** Why the answer shows an existing task instead of a new one. */
export type Duplicate = {
  /** The request is a duplicate of this task by its `unique` policy. */
  readonly duplicate?: true
  /** The request has postponed this task. */
  readonly debounced?: true
  /** The fields of the task that the request has replaced; none after the task has started. */
  readonly replaced?: Replaceable[]
}

/** Creates the task with this id, or returns the existing task with this id as `winner`. */
export const insertTask = async (
  { world, app, caller }: CreateContext,
  { request, resolved: { failureInput, ...resolved }, at }: Creation,
  id: string,
  requestDigest?: string,
): Promise<CreateOutcome | { readonly winner: TaskRow } | Refusal> => {
  const key = { kind: 'task', tenant: caller.tenant, id } as const
  const tooMany = await checkNewFarTask(world, app, caller.tenant, { at, ...resolved })
  if (tooMany) return tooMany
  const input = await storePayload(world, key, request.input as Json)
  if (isRefusal(input)) return { ...input, path: '/input' }
  const given = failureInput === undefined ? undefined : await storePayload(world, key, failureInput)
  if (isRefusal(given)) return { ...given, path: '/onFailure/input' }
  const onFailure = resolved.onFailure && { ...resolved.onFailure, ...defined({ input: given }) }
  const command = { name: 'create', at, by: caller.by, input, ...resolved, ...defined({ onFailure, requestDigest }) } as const
  const applied = await apply(world, key, () => command, 'none')
  const known = { input: request.input as Json, ...defined({ failureInput }) }
  if (!isRefusal(applied)) return { row: applied.after, known, replayed: false }
  const winner = applied.refused === 'exists' ? await loadTask(world, key) : undefined
  if (!winner) return applied
  for (const orphan of [input, given]) if (orphan) await dropOrphan(world, winner, orphan)
  return { winner }
}

/**
 * The digest of a request, made distinct by a new id. Without the id, two equal requests within one millisecond would write
 * equal rows, and each request would take the other's row for its own.
 */
export const requestDigestOf = ({ world }: CreateContext, { digest = '' }: Identity): string => `${digest}.${world.ids.next()}`

/** The current row of a task. */
export const loadTask = async (world: CreateContext['world'], key: KeyOf<'task'>): Promise<TaskRow | undefined> =>
  await world.store.get(key)

/** Drops an input document that the task does not name: nothing else would drop it. Equal inputs of a task share a document. */
export const dropOrphan = async (world: CreateContext['world'], row: TaskRow, input: Payload): Promise<void> => {
  if (!('document' in input) || documentsOf(row).includes(input.document)) return
  await world.store.dropDocument(row.tenant, row.id, input.document)
}

/** Answers a repeated idempotency key: the same body gets the current task, another body gets a refusal. */
export const replay = (row: TaskRow, identity: Identity): CreateOutcome | Refusal =>
  isMadeBy(row, identity) ? { row, known: {}, replayed: true } : otherBody(row)

/** Did a request with this identity create the row, a task or a bulk operation? */
export const isMadeBy = (row: Pick<TaskRow, 'requestDigest'>, { digest }: Identity): boolean =>
  digest !== undefined && row.requestDigest?.split('.')[0] === digest

/** The refusal of an idempotency key that was used with another body. */
export const otherBody = ({ id, state }: Pick<TaskRow, 'id' | 'state'>): Refusal =>
  refuse('idempotencyConflict', `this Idempotency-Key was used with another body, which created task ${id}; use a new key`, {
    path: '/headers/idempotency-key',
    state,
  })

/** The id of the task that a request creates. With an idempotency key the id is the same each time, and `digest` distinguishes two bodies. */
export type Identity = { readonly id: string; readonly digest?: string }

/**
 * The identity of a request with an idempotency key. The id has 26 characters like each other id, and 134 bits of the hash.
 * The entries of a batch share one key; `place` distinguishes them.
 */
export const identityOf = (tenant: string, key: string, body: unknown, place?: number): Identity => {
  const id = idFor([tenant, key, ...(place === undefined ? [] : [place])])
  return { id, digest: sha256(canonical(body)).toString('base64url') }
}

/** An id computed from a value, independent of the order of its fields. */
export const idFor = (value: unknown): string =>
  BigInt(`0x${sha256(canonical(value)).toString('hex')}`)
    .toString(36)
    .slice(-ID_COUNT)
    .padStart(ID_COUNT, '0')

const ID_COUNT = 26

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** JSON with sorted fields, so that the order of the fields makes no difference. */
const canonical = (json: unknown): string => {
  if (typeof json !== 'object' || json === null) return JSON.stringify(json) ?? 'null'
  if (Array.isArray(json)) return `[${json.map(canonical).join(',')}]`
  const fields = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).join(',')}}`
}
