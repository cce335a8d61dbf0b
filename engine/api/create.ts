import { isRefusal, type Refusal } from '../../core/refusal.ts'
import { createdTask } from '../../core/wire/answers.ts'
import { type CreateTaskRequest, createTask as createBody } from '../../core/wire/requests.ts'
import { openTenant } from '../tenant.ts'
import { type Identity, identityOf, readKey } from './identity.ts'
import { type Created, make, replay, signed, standing, type Where } from './make.ts'
import { type Call, operation } from './operation.ts'
import { planOf } from './plan.ts'
import { viewOf } from './tasks.ts'
import { createOnly, onlyOf } from './unique.ts'

/** `POST /v1/tasks` */
export const createTask = operation({
  body: createBody,
  keyed: true,
  answers: { 201: createdTask, 200: createdTask },
  run: async (call) => {
    const key = readKey(call.request)
    if (isRefusal(key)) return key
    const identity = key.key === undefined ? newIdentity(call) : identityOf(call.caller.tenant, key.key, call.raw)
    const created = await create(call, call.body, identity)
    if (isRefusal(created)) return created
    const { row, known, replayed, met } = created
    const location = `/v1/tasks/${row.id}`
    const headers = replayed ? { location, 'idempotent-replayed': 'true' } : { location }
    return { status: statusOf(created), headers, body: { ...(await viewOf(call.world, row, known)), ...met } }
  },
})

/** Has the request made a task, or was it there before? */
export const statusOf = ({ replayed, met }: Created): 200 | 201 => (replayed || met ? 200 : 201)

/** Without a key every request makes a task of its own. */
export const newIdentity = ({ world }: Pick<Call, 'world'>): Identity => ({ id: world.ids.next() })

/**
 * Creates a task, once for each identity. The tenant's row and the input's document are there before the task is: the
 * sweep finds it through the one, and a worker that is woken at once finds the other.
 */
export const create = async (where: Where, request: CreateTaskRequest, identity: Identity): Promise<Created | Refusal> => {
  const { world, app, caller } = where
  const { id, digest } = identity
  const before = digest === undefined ? undefined : await standing(world, { kind: 'task', tenant: caller.tenant, id })
  if (before) return replay(before, identity)
  const at = world.clock.now()
  const plan = planOf(app, request, at)
  if (isRefusal(plan)) return plan
  await openTenant(world, caller.tenant, caller.by)
  const wanted = { request, plan, at, identity }
  const only = onlyOf(app, request)
  if (only) return createOnly(where, wanted, only)
  const made = await make(where, wanted, id, digest === undefined ? undefined : signed(where, identity))
  return 'winner' in made ? replay(made.winner, identity) : made
}
