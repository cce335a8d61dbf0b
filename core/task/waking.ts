import { defined } from '../defined.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Nudge } from '../row/nudge.ts'
import type { Stamp } from '../row/stamp.ts'
import { isLeaseValid, refuseBlocked, refuseEarly, refuseLeased, staleNudge } from './claim.ts'
import { type ClaimTask, claimOf, type TaskCommand } from './command.ts'
import { endAfterLastLoss, endIfTooOld } from './limits.ts'
import { settle } from './outcome.ts'
import { isOpen, type TaskError, type TaskRow } from './row.ts'

/**
 * The command for the row of a nudge, usually a claim. A task past its deadline expires. A task whose wait has timed out
 * fails, and so does a task that has lost too many workers. A task of another environment is held.
 */
export const onNudge = (row: TaskRow | undefined, nudge: Nudge, claim: ClaimTask, retentionMs: number): TaskCommand | Refusal => {
  if (!row) return refuse('unknown', `there is no task ${nudge.id}`)
  const stale = staleNudge(row, nudge.epoch)
  if (stale) return stale
  if (nudge.unstored !== undefined) return interruptUnstored(row, nudge.unstored, claim, retentionMs)
  const isWorkerLost = row.state === 'running' && row.lease !== undefined && !isLeaseValid(row.lease, claim)
  const end = endIfTimeIsUp(row, claim, retentionMs) ?? (isWorkerLost ? endAfterWorkerLoss(row, claim, retentionMs) : undefined)
  return end ?? (isWorkerLost || isDue(row, claim) ? holdForeignTask(row, claim) : undefined) ?? claim
}

/**
 * The command for the row of a dead-lettered nudge. A due task gets a new wake-up, with a longer wait each time: the row is
 * intact, and only the delivery failed (a broken deployment, an outage of the store, a throttled function). Too many
 * redeliveries without a start fail the task with `error`. Too many lost workers fail the task as in `onNudge`.
 */
export const onDeadLetter = (
  row: TaskRow | undefined,
  nudge: Nudge,
  error: TaskError,
  stamp: Stamp,
  retentionMs: number,
): TaskCommand | Refusal => {
  if (!row) return refuse('unknown', `there is no task ${nudge.id}`)
  const stale = isOpen(row.state) ? staleNudge(row, nudge.epoch) : undefined
  if (stale) return stale
  if (nudge.unstored !== undefined) return interruptUnstored(row, nudge.unstored, stamp, retentionMs)
  const rearm = (wait: number): TaskCommand => ({
    name: 'rearm',
    ...stamp,
    code: error.code,
    reason: error.message,
    dueAt: stamp.at + wait,
  })
  switch (row.state) {
    case 'scheduled': {
      const end = endIfTimeIsUp(row, stamp, retentionMs)
      if (end) return end
      if (row.blocked) return refuseBlocked(row, row.blocked)
      // The message was early, so no wake-up is lost yet. The message may be sent again, and the row does not change.
      if (row.dueAt !== undefined && stamp.at < row.dueAt) return refuseEarly(row, row.dueAt)
      const redeliveries = row.redeliveries ?? 0
      if (redeliveries >= LIMITS.redeliveriesCount) return { name: 'fail', ...stamp, error, retentionMs }
      return rearm(LIMITS.redeliveryWaitMs * 4 ** redeliveries)
    }
    case 'running':
      return refuseLeased(row, stamp) ?? endAfterWorkerLoss(row, stamp, retentionMs) ?? rearm(LIMITS.redeliveryWaitMs)
    case 'pending':
    case 'waiting':
      // A wake-up of either state is on the watch index, so the sweep sends it again when it is overdue.
      return (
        endIfTimeIsUp(row, stamp, retentionMs) ??
        refuse('superseded', `task ${row.id} is ${row.state} and has no overdue wake-up`)
      )
    default:
      return { name: 'fail', ...stamp, error, retentionMs } // A finished row refuses this command.
  }
}

/**
 * The command for a running task whose worker could not store the result of its attempt. That worker is not lost: the attempt is
 * interrupted, in its name and under its claim. A refusal when that attempt does not run any more.
 */
const interruptUnstored = (row: TaskRow, owner: string, { at }: Stamp, retentionMs: number): TaskCommand | Refusal => {
  if (row.state !== 'running' || row.lease?.owner !== owner)
    return refuse('superseded', `the attempt of worker ${owner} of task ${row.id} has ended`, { state: row.state })
  const reason = `the store did not take the result of attempt ${row.attempt}`
  return settle(
    row,
    claimOf(row),
    { outcome: 'interrupted', reason, isExcused: true },
    { at, by: `worker:${owner}` },
    retentionMs,
  )
}

const isDue = ({ state, dueAt, blocked }: TaskRow, { at }: Stamp): boolean =>
  state === 'scheduled' && !blocked && (dueAt === undefined || at >= dueAt)

/**
 * Holds a task of another environment. Such a task comes from a copied table and runs in its own environment. To run it here
 * as well, a caller makes it ready here.
 */
const holdForeignTask = (
  { environmentId: taskEnvironment }: TaskRow,
  { at, environmentId: currentEnvironment, sole }: ClaimTask,
): TaskCommand | undefined => {
  if (taskEnvironment === undefined || currentEnvironment === undefined || taskEnvironment === currentEnvironment)
    return undefined
  const reason = `created in environment ${taskEnvironment}; this is environment ${currentEnvironment}: make the task ready to run it here`
  return { name: 'hold', at, by: 'system:execute', reason, ...defined({ sole }) }
}

/** The command that ends a task whose deadline, maximum age or wait is over; a refusal when a waiting task is not due. */
const endIfTimeIsUp = (row: TaskRow, stamp: Stamp, retentionMs: number): TaskCommand | Refusal | undefined => {
  const { at, by } = stamp
  if ((row.state === 'pending' || row.state === 'scheduled') && row.expiresAt !== undefined && at >= row.expiresAt) {
    return { name: 'expire', at, by, reason: 'not started before the deadline', retentionMs }
  }
  if (row.state === 'scheduled') return endIfTooOld(row, at, { at, by }, retentionMs)
  if (row.state !== 'waiting') return undefined
  if (row.dueAt === undefined)
    return refuse('superseded', `task ${row.id} waits for a signal and has no wake-up`, { state: row.state })
  if (at < row.dueAt) return refuseEarly(row, row.dueAt)
  const error = { code: 'WaitTimeout', message: 'the signal did not come in time', retriable: false }
  return { name: 'fail', at, by, error, retentionMs }
}

/** The command that ends a running task whose worker is lost: by its cancel request, or by its limits. */
const endAfterWorkerLoss = (
  row: TaskRow,
  { at, by, sole }: Stamp & Pick<ClaimTask, 'sole'>,
  retentionMs: number,
): TaskCommand | undefined => {
  if (row.cancelRequested) {
    return { name: 'cancel', at, by, claim: claimOf(row), reason: 'cancel requested; the worker is lost', retentionMs }
  }
  return endAfterLastLoss(row, { at, by, ...defined({ sole }) }, retentionMs)
}
