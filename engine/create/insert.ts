import { createHash } from 'node:crypto'
import type { Instant } from '../../core/instant.ts'
import type { KeyOf } from '../../core/kinds.ts'
import type { CreateTaskRequest } from '../../core/reading/task-request.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { Json } from '../../core/row/json.ts'
import { documentsOf, type Loaded, type Payload, type TaskRow } from '../../core/task/row.ts'
import type { Replaceable } from '../../core/unique/policy.ts'
import type { App } from '../app.ts'
import { apply } from '../apply.ts'
import type { Needs } from '../needs.ts'
import { storePayload } from '../payload.ts'
import type { ResolvedRequest } from './resolve.ts'

/** Who asks for a task: the tenant and the name that the caller's claims say. */
export type Requester = { readonly tenant: string; readonly by: string }

/** Where a request is fulfilled, and for whom. */
export type Where = { readonly world: Needs<'api'>; readonly app: App; readonly caller: Requester }

/** A request that can be fulfilled: what it says, what that comes to, when it came, and what its key remembers of it. */
export type Wanted = {
  readonly request: CreateTaskRequest
  readonly resolved: ResolvedRequest
  readonly at: Instant
  readonly identity: Identity
}

/**
 * What came of a request for a task: the row of a new one, of the one that its key has made before (*replayed*), or of the
 * one that stood in its way (*met*). `known` is what the request itself has brought of it: callers show as much of the task
 * as their answer has room for.
 */
export type Created = {
  readonly row: TaskRow
  readonly known: Loaded
  readonly replayed: boolean
  readonly duplicateOf?: Duplicate
}

/** What the caller is told of a task that was there before. */
export type Duplicate = {
  /** It is the only one of its kind. */
  readonly duplicate?: true
  /** It has been put off. */
  readonly debounced?: true
  /** The fields that the request has replaced on it; none once it has started. */
  readonly replaced?: Replaceable[]
}

/** Creates the task of this id, or answers the one that was there first. */
export const insertTask = async (
  { world, caller }: Where,
  { request, resolved, at }: Wanted,
  id: string,
  requestDigest?: string,
): Promise<Created | { readonly winner: TaskRow } | Refusal> => {
  const key = { kind: 'task', tenant: caller.tenant, id } as const
  const input = await storePayload(world, key, request.input as Json)
  if (isRefusal(input)) return { ...input, path: '/input' }
  const sign = requestDigest === undefined ? {} : { requestDigest }
  const done = await apply(world, key, () => ({ name: 'create', at, by: caller.by, input, ...resolved, ...sign }), 'none')
  if (!isRefusal(done)) return { row: done.after, known: { input: request.input as Json }, replayed: false }
  const winner = done.refused === 'exists' ? await loadTask(world, key) : undefined
  if (!winner) return done
  await dropOrphan(world, winner, input)
  return { winner }
}

/**
 * What was asked, and by which of the requests that would make the same task: two that ask the same within one millisecond
 * would otherwise write the same row, and each take the other's for its own.
 */
export const signed = ({ world }: Where, { digest = '' }: Identity): string => `${digest}.${world.ids.next()}`

/** The task of this key as it is now. */
export const loadTask = async (world: Where['world'], key: KeyOf<'task'>): Promise<TaskRow | undefined> =>
  await world.store.get(key)

/** An input that its task does not name belongs to nobody, so nothing would ever drop it. Equal inputs share a document. */
export const dropOrphan = async (world: Where['world'], row: TaskRow, input: Payload): Promise<void> => {
  if (!('document' in input) || documentsOf(row).includes(input.document)) return
  await world.store.dropDocument(row.tenant, row.id, input.document)
}

/** What this key has made before: the same request gets the task as it is now, another one is told so. */
export const replay = (row: TaskRow, identity: Identity): Created | Refusal =>
  isMadeBy(row, identity) ? { row, known: {}, replayed: true } : otherBody(row)

/** Has a request of this identity made the task? */
export const isMadeBy = (row: TaskRow, { digest }: Identity): boolean =>
  digest !== undefined && row.requestDigest?.split('.')[0] === digest

/** The no for a key that came with another body before. */
export const otherBody = ({ id, state }: Pick<TaskRow, 'id' | 'state'>): Refusal =>
  refuse('idempotencyConflict', `this Idempotency-Key has been answered with task ${id} for another body; use a new key`, {
    path: '/headers/idempotency-key',
    state,
  })

/** Which task a request makes: a new one, or with a key always the same one, whose digest tells two bodies apart. */
export type Identity = { readonly id: string; readonly digest?: string }

/**
 * The id that a key stands for: 26 characters like every other id, and 134 bits of the hash. The entries of a batch share
 * one key, and their place in it tells them apart.
 */
export const identityOf = (tenant: string, key: string, body: unknown, place?: number): Identity => {
  const id = idFor([tenant, key, ...(place === undefined ? [] : [place])])
  return { id, digest: sha256(canonical(body)).toString('base64url') }
}

/** An id that stands for a value, whatever the order of its fields. */
export const idFor = (value: unknown): string =>
  BigInt(`0x${sha256(canonical(value)).toString('hex')}`)
    .toString(36)
    .slice(-ID_COUNT)
    .padStart(ID_COUNT, '0')

const ID_COUNT = 26

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** JSON with its fields in one order, so that the same request in another spelling is the same request. */
const canonical = (json: unknown): string => {
  if (typeof json !== 'object' || json === null) return JSON.stringify(json) ?? 'null'
  if (Array.isArray(json)) return `[${json.map(canonical).join(',')}]`
  const fields = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).join(',')}}`
}
