import type { CreateTaskRequest } from '../../core/reading/task-request.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import { openTenant } from '../tenant.ts'
import { type Created, type Identity, insertTask, loadTask, replay, signed, type Where } from './insert.ts'
import { resolveRequest } from './resolve.ts'
import { createUnique, uniquenessOf } from './unique.ts'

/** Without a key every request makes a task of its own. */
export const newIdentity = ({ world }: Pick<Where, 'world'>): Identity => ({ id: world.ids.next() })

/**
 * Creates a task, once for each identity. The tenant's row and the input's document are there before the task is: the
 * sweep finds it through the one, and a worker that is woken at once finds the other.
 */
export const create = async (where: Where, request: CreateTaskRequest, identity: Identity): Promise<Created | Refusal> => {
  const { world, app, caller } = where
  const { id, digest } = identity
  const before = digest === undefined ? undefined : await loadTask(world, { kind: 'task', tenant: caller.tenant, id })
  if (before) return replay(before, identity)
  const at = world.clock.now()
  const resolved = resolveRequest(app, request, at)
  if (isRefusal(resolved)) return resolved
  await openTenant(world, caller.tenant, caller.by)
  const wanted = { request, resolved, at, identity }
  const only = uniquenessOf(app, request)
  if (only) return createUnique(where, wanted, only)
  const made = await insertTask(where, wanted, id, digest === undefined ? undefined : signed(where, identity))
  return 'winner' in made ? replay(made.winner, identity) : made
}
