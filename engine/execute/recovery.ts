import { excerpt } from '../../core/excerpt.ts'
import type { Instant } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal, refusals } from '../../core/refusal.ts'
import { type Nudge, nudgeOf } from '../../core/row/nudge.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { onDeadLetter } from '../../core/task/waking.ts'
import type { App, SweepApp } from '../app.ts'
import { apply } from '../apply.ts'
import { rejoinWaitlist } from '../gate/effects.ts'
import type { DeadLetter, Delivery } from '../message.ts'
import type { Needs } from '../needs.ts'
import { bodyDigest, provenanceOf } from '../quarantine.ts'
import { wakeRow } from '../relay.ts'

/**
 * Handles the dead letter of a task. The task is woken again later, and fails after `LIMITS.redeliveriesCount` such wake-ups.
 * A task that has finished or has a newer wake-up stays unchanged.
 */
export const handleTaskDeadLetter = async (
  world: Needs<'dead-letters'>,
  app: Pick<App, 'retentionMs'>,
  nudge: Nudge,
  deadLetter: DeadLetter,
): Promise<Delivery> => {
  const stamp = { at: world.clock.now(), by: 'system:dead-letters' }
  const message = describeDeadLetter(deadLetter)
  const error = { code: 'DeadLettered', message, retriable: true, provenance: provenanceOf(deadLetter, stamp.at) }
  const { tenant, id } = nudge
  const applied = await apply(world, { kind: 'task', tenant, id }, (row) =>
    onDeadLetter(row, nudge, error, stamp, app.retentionMs),
  )
  if (!isRefusal(applied)) return { delivery: 'acknowledge' }
  const { refused: code, message: detail } = applied
  world.log.warn('deadLetter.refused', { source: deadLetter.source, taskId: id, tenant, code, detail })
  return { delivery: refusals[code].nudge }
}

/** A dead letter in one sentence. @example 'its message was moved to the timers dead-letter queue after 5 receives (body 9f86d081884c7d65)' */
export const describeDeadLetter = ({ source, receiveCount, body, reason }: DeadLetter): string => {
  const event =
    source === 'relay'
      ? `its wake-up was not relayed after ${receiveCount} tries`
      : `its message was moved to the ${source} dead-letter queue after ${receiveCount} receives`
  const why = reason ? `: ${excerpt(reason, LIMITS.reasonCount)}` : ''
  return `${event}${why} (body ${bodyDigest(body).slice(0, 16)})`
}

/** Repairs an overdue task. Returns false when nothing was lost, because the task waits at its gate. */
export const repairTask = async (world: Needs<'sweep'>, app: SweepApp, row: TaskRow): Promise<boolean> => {
  if (isOnWaitlist(row, world.clock.now())) {
    await rejoinWaitlist(world, row)
    return false
  }
  if (row.lane in app.lanes) await wakeRow(world, row)
  else await leaveUnknownLane(world, app, row)
  return true
}

/** Wakes an open task after a restart. A running one is woken at once, because the process with its lease has ended. */
export const restartTask = async (world: Needs<'sweep'>, row: TaskRow): Promise<void> => {
  if (row.state === 'running') await world.queue.send(nudgeOf(row, world.clock.now()), 0)
  else await wakeRow(world, row)
  await rejoinWaitlist(world, row)
}

/** Does the task wait for its gate, before its deadline? */
const isOnWaitlist = ({ blocked, dueAt }: TaskRow, now: Instant): boolean =>
  blocked !== undefined && (dueAt === undefined || dueAt > now)

/** Handles a task whose lane is not deployed like a dead letter, because no message can reach the task. */
const leaveUnknownLane = async (world: Needs<'sweep'>, app: SweepApp, row: TaskRow): Promise<void> => {
  const { tenant, id, lane } = row
  const message = `lane ${lane} is not one of the deployed lanes ${Object.keys(app.lanes).join(', ')}; deploy the lane again, then redrive the task`
  const stamp = { at: world.clock.now(), by: 'system:sweep' }
  await apply(world, { kind: 'task', tenant, id }, (now) =>
    onDeadLetter(now, nudgeOf(row, 0), { code: 'UnknownLane', message, retriable: false }, stamp, app.retentionMs),
  )
}
