import type { FailureInput } from '../core/failure.ts'
import { isRefusal } from '../core/refusal.ts'
import type { Effect } from '../core/row/effect.ts'
import type { Payload, TaskError, TaskRow } from '../core/task/row.ts'
import { apply } from './apply.ts'
import type { Needs } from './needs.ts'
import { loadPayload, storePayload } from './payload.ts'

/** Creates the failure task of a task that failed for good; once, because its id follows from the failure. */
export const submitFailureTask = async (
  world: Needs<'relay'>,
  { id, failed }: Extract<Effect, { kind: 'submit' }>,
): Promise<void> => {
  const policy = failed.onFailure
  if (!policy) return
  const at = world.clock.now()
  const key = { kind: 'task', tenant: failed.tenant, id } as const
  const input = await failureInput(world, failed, id)
  // `exists` is the answer to a change that was relayed before, and just as good.
  await apply(
    world,
    key,
    () => ({
      name: 'create',
      at,
      by: 'system:relay',
      reason: `task ${failed.id} failed: ${failed.error?.code ?? 'unknown'}`,
      policy,
      input,
      ready: true,
      notBefore: at,
      failureOf: failed.id,
      ...(failed.environmentId ? { environmentId: failed.environmentId } : {}),
      ...(failed.tags ? { tags: failed.tags } : {}),
    }),
    'none',
  )
}

/** What a handler's schema knows of an error. */
const told = ({ code, message, retriable }: TaskError): TaskError => ({ code, message, retriable })

const failureInput = async (world: Needs<'relay'>, failed: TaskRow, id: string): Promise<Payload> => {
  const about: FailureInput = {
    taskId: failed.id,
    type: failed.type,
    attempts: failed.attempt,
    error: failed.error ? told(failed.error) : { code: 'Unknown', message: 'no error was recorded', retriable: false },
  }
  const owner = { tenant: failed.tenant, id }
  const whole = await storePayload(world, owner, { ...about, input: await loadPayload(world, failed, failed.input) })
  // `about` is a few hundred bytes by its bounds, so only the failed task's own input can be what is too large.
  return isRefusal(whole) ? ((await storePayload(world, owner, { ...about, inputOmitted: true })) as Payload) : whole
}
