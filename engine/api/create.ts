import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { Json, TaskRow } from '../../core/task/row.ts'
import { type CreateTaskRequest, createTask as createBody } from '../../core/wire/requests.ts'
import { type Task, taskView } from '../../core/wire/task.ts'
import { apply } from '../apply.ts'
import { storePayload } from '../payload.ts'
import { openTenant } from '../tenant.ts'
import { type Identity, identityOf, readKey } from './identity.ts'
import { type Call, operation } from './operation.ts'
import { planOf } from './plan.ts'
import { viewOf } from './tasks.ts'

/** What came of a request for a task: a new one, or the one that its key has made before. */
export type Created = { readonly task: Task; readonly replayed: boolean }

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
    const location = `/v1/tasks/${created.task.id}`
    const headers = created.replayed ? { location, 'idempotent-replayed': 'true' } : { location }
    return { status: created.replayed ? 200 : 201, headers, body: created.task }
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
  const before = identity.digest ? await replay(where, identity) : undefined
  if (before) return before
  const { world, app, caller } = where
  const at = world.clock.now()
  const plan = planOf(app, request, at)
  if (isRefusal(plan)) return plan
  await openTenant(world, caller.tenant, caller.by)
  const key = { kind: 'task', tenant: caller.tenant, id: identity.id } as const
  const input = await storePayload(world, key, request.input as Json)
  if (isRefusal(input)) return { ...input, path: '/input' }
  const requestDigest = identity.digest ? { requestDigest: identity.digest } : {}
  const done = await apply(world, key, () => ({ name: 'create', at, by: caller.by, input, ...plan, ...requestDigest }), 'none')
  if (!isRefusal(done)) return { task: await viewOf(world, done.after, { input: request.input as Json }), replayed: false }
  return (done.refused === 'exists' ? await replay(where, identity) : undefined) ?? done
}

/** What this key has made before, if anything: the same request gets the task as it is now, another one is told so. */
const replay = async ({ world, caller }: Where, { id, digest }: Identity): Promise<Created | Refusal | undefined> => {
  const row = (await world.store.get({ kind: 'task', tenant: caller.tenant, id })) as TaskRow | undefined
  if (!row) return undefined
  if (row.requestDigest === digest) return { task: await viewOf(world, row), replayed: true }
  return refuse('idempotencyConflict', `this Idempotency-Key has made task ${id} from another body; use a new key`, {
    path: '/headers/idempotency-key',
    state: row.state,
  })
}
