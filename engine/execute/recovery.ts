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
 * Handles a dead letter that names a task. The task is woken later; it fails when that has happened often enough. A task
 * that has finished or has another wake-up stays as it is.
 */
export const handleTaskDeadLetter = async (
  world: Needs<'dead-letters'>,
  app: Pick<App, 'retentionMs'>,
  nudge: Nudge,
  deadLetter: DeadLetter,
): Promise<Delivery> => {
  const said = { at: world.clock.now(), by: 'system:dead-letters' }
  const message = describeDeadLetter(deadLetter)
  const error = { code: 'DeadLettered', message, retriable: true, provenance: provenanceOf(deadLetter, said.at) }
  const { tenant, id } = nudge
  const answer = await apply(world, { kind: 'task', tenant, id }, (row) => onDeadLetter(row, nudge, error, said, app.retentionMs))
  if (!isRefusal(answer)) return { delivery: 'acknowledge' }
  const { refused: code, message: detail } = answer
  world.log.warn('deadLetter.refused', { source: deadLetter.source, taskId: id, tenant, code, detail })
  return { delivery: refusals[code].nudge }
}

/** A dead letter in one sentence. @example 'its message was moved to the timers dead-letter queue after 5 receives (body 9f86d081884c7d65)' */
export const describeDeadLetter = ({ source, receiveCount, body, reason }: DeadLetter): string => {
  const why = reason ? `: ${excerpt(reason, LIMITS.reasonCount)}` : ''
  return `its message died on ${source} after ${receiveCount} receives${why} (body ${bodyDigest(body).slice(0, 16)})`
}

/** Repairs an overdue task. Answers false when nothing was lost: the task waits at its gate. */
export const repairTask = async (world: Needs<'sweep'>, app: SweepApp, row: TaskRow): Promise<boolean> => {
  if (isOnWaitlist(row, world.clock.now())) {
    await rejoinWaitlist(world, row)
    return false
  }
  if (row.lane in app.lanes) await wakeRow(world, row)
  else await leaveUnknownLane(world, app, row)
  return true
}

/** Wakes an open task after a restart. A running one is woken at once: the process that held its lease is gone. */
export const restartTask = async (world: Needs<'sweep'>, row: TaskRow): Promise<void> => {
  if (row.state === 'running') await world.queue.send(nudgeOf(row, world.clock.now()), 0)
  else await wakeRow(world, row)
  await rejoinWaitlist(world, row)
}

/** Does the task wait for its gate, with its deadline still ahead? */
const isOnWaitlist = ({ blocked, dueAt }: TaskRow, now: Instant): boolean =>
  blocked !== undefined && (dueAt === undefined || dueAt > now)

/** No message can reach a task whose lane is not deployed, so the task is handled as if its message had been dead-lettered. */
const leaveUnknownLane = async (world: Needs<'sweep'>, app: SweepApp, row: TaskRow): Promise<void> => {
  const { tenant, id, lane } = row
  const message = `lane ${lane} is not one of ${Object.keys(app.lanes).join(', ')}; deploy it again, or redrive the task when it is back`
  const said = { at: world.clock.now(), by: 'system:sweep' }
  await apply(world, { kind: 'task', tenant, id }, (now) =>
    onDeadLetter(now, nudgeOf(row, 0), { code: 'UnknownLane', message, retriable: false }, said, app.retentionMs),
  )
}
