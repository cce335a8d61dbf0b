import type { KeyOf } from '../../core/kinds.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { documentsOf, type Json, type Payload, type TaskRow } from '../../core/task/row.ts'
import { type CreateTaskRequest, createTask as createBody } from '../../core/wire/requests.ts'
import { type Loaded, taskView } from '../../core/wire/task.ts'
import { apply } from '../apply.ts'
import { storePayload } from '../payload.ts'
import { openTenant } from '../tenant.ts'
import { type Identity, identityOf, readKey } from './identity.ts'
import { type Call, operation } from './operation.ts'
import { planOf } from './plan.ts'
import { viewOf } from './tasks.ts'

/**
 * What came of a request for a task: the row of a new one, or of the one that its key has made before. `known` is what the
 * request itself has brought of it: callers show as much of the task as their answer has room for.
 */
export type Created = { readonly row: TaskRow; readonly known: Loaded; readonly replayed: boolean }

/** `POST /v1/tasks` */
export const createTask = operation({
  body: createBody,
  keyed: true,
  answers: { 201: taskView, 200: taskView },
  run: async (call) => {
    const key = readKey(call.request)
    if (isRefusal(key)) return key
    const identity = key.key === undefined ? newIdentity(call) : identityOf(call.caller.tenant, key.key, call.raw)
    const created = await create(call, call.body, identity)
    if (isRefusal(created)) return created
    const { row, known, replayed } = created
    const location = `/v1/tasks/${row.id}`
    const headers = replayed ? { location, 'idempotent-replayed': 'true' } : { location }
    return { status: replayed ? 200 : 201, headers, body: await viewOf(call.world, row, known) }
  },
})

/** Without a key every request makes a task of its own. */
export const newIdentity = ({ world }: Pick<Call, 'world'>): Identity => ({ id: world.ids.next() })

type Where = Pick<Call, 'world' | 'app' | 'caller'>

/**
 * Creates a task, once for each identity. The tenant's row and the input's document are there before the task is: the
 * sweep finds it through the one, and a worker that is woken at once finds the other.
 */
export const create = async (where: Where, request: CreateTaskRequest, identity: Identity): Promise<Created | Refusal> => {
  const { world, app, caller } = where
  const key = { kind: 'task', tenant: caller.tenant, id: identity.id } as const
  const before = identity.digest ? await standing(world, key) : undefined
  if (before) return replay(before, identity)
  const at = world.clock.now()
  const plan = planOf(app, request, at)
  if (isRefusal(plan)) return plan
  await openTenant(world, caller.tenant, caller.by)
  const input = await storePayload(world, key, request.input as Json)
  if (isRefusal(input)) return { ...input, path: '/input' }
  const requestDigest = identity.digest ? { requestDigest: signed(identity.digest, world.ids.next()) } : {}
  const done = await apply(world, key, () => ({ name: 'create', at, by: caller.by, input, ...plan, ...requestDigest }), 'none')
  if (!isRefusal(done)) return { row: done.after, known: { input: request.input as Json }, replayed: false }
  const winner = done.refused === 'exists' ? await standing(world, key) : undefined
  if (!winner) return done
  await dropOrphan(world, winner, input)
  return replay(winner, identity)
}

/**
 * What was asked, and by which of the requests with this key: two that ask the same within one millisecond would otherwise
 * write the same row, and each take the other's for its own.
 */
const signed = (digest: string, request: string): string => `${digest}.${request}`

const standing = async (world: Where['world'], key: KeyOf<'task'>): Promise<TaskRow | undefined> =>
  (await world.store.get(key)) as TaskRow | undefined

/** An input that lost the race for its key belongs to no row, so nothing would ever drop it. Equal inputs share a document. */
const dropOrphan = async (world: Where['world'], winner: TaskRow, input: Payload): Promise<void> => {
  if (!('document' in input) || documentsOf(winner).includes(input.document)) return
  await world.store.dropDocument(winner.tenant, winner.id, input.document)
}

/** What this key has made before: the same request gets the task as it is now, another one is told so. */
const replay = (row: TaskRow, { id, digest }: Identity): Created | Refusal => {
  if (row.requestDigest?.split('.')[0] === digest) return { row, known: {}, replayed: true }
  return refuse('idempotencyConflict', `this Idempotency-Key has made task ${id} from another body; use a new key`, {
    path: '/headers/idempotency-key',
    state: row.state,
  })
}
