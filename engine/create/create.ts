import type { CreateTaskRequest } from '../../core/reading/task-request.ts'
import { isRefusal, type Refusal } from '../../core/refusal.ts'
import { type CreateContext, type CreateOutcome, type Identity, insertTask, loadTask, replay, requestDigestOf } from './insert.ts'
import { resolveRequest } from './resolve.ts'
import { createUnique, uniquenessOf } from './unique.ts'

/** The identity of a request without an idempotency key: each request creates a new task. */
export const newIdentity = ({ world }: Pick<CreateContext, 'world'>): Identity => ({ id: world.ids.next() })

/**
 * Creates a task, once for each identity: request → `resolveRequest` → (unique?) → `insertTask`. The
 * input's document is written before the task, because a worker can need the input at once.
 *
 * @returns the new task or an earlier one (see `CreateOutcome`), or a refusal with a path relative to the request
 */
export const create = async (
  context: CreateContext,
  request: CreateTaskRequest,
  identity: Identity,
): Promise<CreateOutcome | Refusal> => {
  const { world, app, caller } = context
  const { id, digest } = identity
  const existing = digest === undefined ? undefined : await loadTask(world, { kind: 'task', tenant: caller.tenant, id })
  if (existing) return replay(existing, identity)
  const at = world.clock.now()
  const resolved = resolveRequest(app, request, at)
  if (isRefusal(resolved)) return resolved
  const creation = { request, resolved, at, identity }
  const uniqueness = uniquenessOf(app, request)
  if (uniqueness) return createUnique(context, creation, uniqueness)
  const inserted = await insertTask(context, creation, id, digest === undefined ? undefined : requestDigestOf(context, identity))
  return 'winner' in inserted ? replay(inserted.winner, identity) : inserted
}
