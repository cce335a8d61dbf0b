import type { Instant } from '../../core/instant.ts'
import type { KeyOf } from '../../core/kinds.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { Json } from '../../core/row/json.ts'
import { documentsOf, type Payload, type TaskRow } from '../../core/task/row.ts'
import type { CreatedTask } from '../../core/wire/answers.ts'
import type { CreateTaskRequest } from '../../core/wire/requests.ts'
import type { Loaded } from '../../core/wire/task.ts'
import { apply } from '../apply.ts'
import { storePayload } from '../payload.ts'
import type { Identity } from './identity.ts'
import type { Call } from './operation.ts'
import type { Plan } from './plan.ts'

/** Whose request it is, and what it meets. */
export type Where = Pick<Call, 'world' | 'app' | 'caller'>

/** A request that can be fulfilled: what it says, what that comes to, when it came, and what its key remembers of it. */
export type Wanted = {
  readonly request: CreateTaskRequest
  readonly plan: Plan
  readonly at: Instant
  readonly identity: Identity
}

/**
 * What came of a request for a task: the row of a new one, of the one that its key has made before (*replayed*), or of the
 * one that stood in its way (*met*). `known` is what the request itself has brought of it: callers show as much of the task
 * as their answer has room for.
 */
export type Created = { readonly row: TaskRow; readonly known: Loaded; readonly replayed: boolean; readonly met?: Met }

/** What the caller is told of a task that was there before. */
export type Met = Pick<CreatedTask, 'duplicate' | 'debounced' | 'replaced'>

/** Creates the task of this id, or answers the one that was there first. */
export const make = async (
  { world, caller }: Where,
  { request, plan, at }: Wanted,
  id: string,
  requestDigest?: string,
): Promise<Created | { readonly winner: TaskRow } | Refusal> => {
  const key = { kind: 'task', tenant: caller.tenant, id } as const
  const input = await storePayload(world, key, request.input as Json)
  if (isRefusal(input)) return { ...input, path: '/input' }
  const sign = requestDigest === undefined ? {} : { requestDigest }
  const done = await apply(world, key, () => ({ name: 'create', at, by: caller.by, input, ...plan, ...sign }), 'none')
  if (!isRefusal(done)) return { row: done.after, known: { input: request.input as Json }, replayed: false }
  const winner = done.refused === 'exists' ? await standing(world, key) : undefined
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
export const standing = async (world: Where['world'], key: KeyOf<'task'>): Promise<TaskRow | undefined> =>
  (await world.store.get(key)) as TaskRow | undefined

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
