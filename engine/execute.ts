import { isRefusal, type Refusal } from '../core/refusal.ts'
import { type Claim, claimOf } from '../core/task/command.ts'
import { type Result, settle } from '../core/task/outcome.ts'
import type { TaskRow } from '../core/task/row.ts'
import { answer } from './answer.ts'
import type { App } from './app.ts'
import { apply } from './apply.ts'
import { attempt } from './attempt.ts'
import { claim } from './claim.ts'
import type { Delivery, Message } from './message.ts'
import type { Needs } from './needs.ts'
import { receive } from './receive.ts'

/**
 * What an executor does with a message: parse → early? send on → gates → claim → run → commit. The message is acknowledged when
 * the row has taken over what it said, and returned when somebody else holds the row.
 *
 * @throws a fault of the world; the message then comes back by itself, which is the watchdog of a crashed worker
 */
export const execute = async (world: Needs<'execute'>, app: App, message: Message): Promise<Delivery> => {
  const nudge = await receive(world, app, message, { kinds: ['task'], by: BY })
  if (!nudge) return DONE
  const held = await claim(world, app, nudge)
  if (isRefusal(held)) return answer(world, nudge, held)
  if (held.state !== 'running') return DONE
  const result = await attempt(world, app, held, message.deadlineAt)
  const no = await commit(world, app, held, result)
  return no ? answer(world, nudge, no) : DONE
}

const BY = 'system:execute'
const DONE: Delivery = { delivery: 'acknowledge' }

/** Writes what the attempt came to, in the name of its own claim: if that has passed to another, it is refused. */
const commit = async (world: Needs<'execute'>, app: App, held: TaskRow, result: Result): Promise<Refusal | undefined> => {
  const mine: Claim = claimOf(held)
  const said = { at: world.clock.now(), by: held.lease ? `worker:${held.lease.owner}` : BY }
  const key = { kind: 'task', tenant: held.tenant, id: held.id } as const
  const applied = await apply(world, key, (row) => settle(row ?? held, mine, result, said, app.retentionMs), held)
  return isRefusal(applied) ? applied : undefined
}
