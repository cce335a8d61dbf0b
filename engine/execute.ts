import { iso } from '../core/instant.ts'
import { isRefusal, type Refusal, refusals } from '../core/refusal.ts'
import { type Claim, type ClaimTask, claimOf } from '../core/task/command.ts'
import { decodeNudge, type Nudge } from '../core/task/nudge.ts'
import { type Result, settle } from '../core/task/outcome.ts'
import type { TaskRow } from '../core/task/row.ts'
import { onNudge } from '../core/task/waking.ts'
import { remainingDelay } from '../core/wakeup.ts'
import type { App } from './app.ts'
import { apply } from './apply.ts'
import { attempt } from './attempt.ts'
import type { Delivery, Message } from './message.ts'
import type { Needs } from './needs.ts'
import { quarantine } from './quarantine.ts'

/**
 * What an executor does with a message: parse → early? send on → claim → run → commit. The message is acknowledged when
 * the row has taken over what it said, and returned when somebody else holds the row.
 *
 * @throws a fault of the world; the message then comes back by itself, which is the watchdog of a crashed worker
 */
export const execute = async (world: Needs<'execute'>, app: App, message: Message): Promise<Delivery> => {
  const nudge = decodeNudge(message.body)
  if (!nudge) {
    // No later delivery could read it better, so it does not wait for its dead-letter queue.
    await quarantine(world, app, { ...message, source: 'lane' }, BY)
    return DONE
  }
  const now = world.clock.now()
  if (nudge.dueAt > now) return sendOn(world, nudge, now)
  const held = await claim(world, app, nudge)
  if (isRefusal(held)) return answer(world, nudge, held)
  if (held.state !== 'running') return DONE
  const result = await attempt(world, app, held)
  const no = await commit(world, app, held, result)
  return no ? answer(world, nudge, no) : DONE
}

const BY = 'system:execute'
const DONE: Delivery = { delivery: 'acknowledge' }

/** An early nudge goes back onto its lane with the delay that remains: that is how a timer's minute becomes a second. */
const sendOn = async (world: Needs<'execute'>, nudge: Nudge, now: number): Promise<Delivery> => {
  await world.queue.send(nudge, remainingDelay(now, nudge.dueAt))
  return DONE
}

/** Does what the nudge asks of the row: a claim, or the end of a task whose time has run out. */
const claim = async (world: Needs<'execute'>, app: App, nudge: Nudge): Promise<TaskRow | Refusal> => {
  const lane = app.lanes[nudge.lane]
  if (!lane)
    throw new Error(`lane ${nudge.lane} is not one of ${Object.keys(app.lanes).join(', ')}; deploy it again, or move the task`)
  const name = world.ids.next()
  const owner = app.sole ? `${app.sole}.${name}` : name
  const take: ClaimTask = {
    name: 'claim',
    at: world.clock.now(),
    by: `worker:${owner}`,
    epoch: nudge.epoch,
    owner,
    leaseMs: lane.leaseMs,
    ...(app.sole ? { sole: app.sole } : {}),
  }
  const applied = await apply(world, { kind: 'task', tenant: nudge.tenant, id: nudge.id }, (row) =>
    onNudge(row, nudge, take, app.retentionMs),
  )
  return isRefusal(applied) ? applied : applied.after
}

/** Writes what the attempt came to, in the name of its own claim: if that has passed to another, it is refused. */
const commit = async (world: Needs<'execute'>, app: App, held: TaskRow, result: Result): Promise<Refusal | undefined> => {
  const mine: Claim = claimOf(held)
  const said = { at: world.clock.now(), by: held.lease ? `worker:${held.lease.owner}` : BY }
  const key = { kind: 'task', tenant: held.tenant, id: held.id } as const
  const applied = await apply(world, key, (row) => settle(row ?? held, mine, result, said, app.retentionMs), held)
  return isRefusal(applied) ? applied : undefined
}

/** What the queue is told of a no: the table in `core/refusal.ts` says it for every code. */
const answer = (world: Needs<'execute'>, nudge: Nudge, no: Refusal): Delivery => {
  const of = { lane: nudge.lane }
  if (no.refused === 'superseded') world.meter.add('Superseded', 1, of)
  if (no.refused === 'fenced') world.meter.add('Fenced', 1, of)
  const more = no.retryAt === undefined ? {} : { retryAt: iso(no.retryAt) }
  world.log.info(`nudge.${no.refused}`, {
    tenant: nudge.tenant,
    taskId: nudge.id,
    epoch: nudge.epoch,
    detail: no.message,
    ...more,
  })
  return { delivery: refusals[no.refused].nudge }
}
