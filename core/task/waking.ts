import { iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Nudge } from '../row/nudge.ts'
import type { Stamp } from '../row/stamp.ts'
import { leased, leaseHolds, staleNudge, waiting } from './claim.ts'
import { type ClaimTask, claimOf, type TaskCommand } from './command.ts'
import { endAfterLastLoss, endIfTooOld } from './limits.ts'
import { isOpen, type TaskError, type TaskRow } from './row.ts'

/**
 * What a nudge asks of the row that it names: usually a claim; but a row past its deadline expires, one that waited too
 * long fails, one that has lost too many workers fails rather than lose another, and one of another environment is held.
 */
export const onNudge = (row: TaskRow | undefined, nudge: Nudge, claim: ClaimTask, retentionMs: number): TaskCommand | Refusal => {
  if (!row) return refuse('unknown', `there is no task ${nudge.id}`)
  const stale = staleNudge(row, nudge.epoch)
  if (stale) return stale
  const orphaned = row.state === 'running' && row.lease !== undefined && !leaseHolds(row.lease, claim)
  const end = timeUp(row, claim, retentionMs) ?? (orphaned ? endAfterWorkerLoss(row, claim, retentionMs) : undefined)
  return end ?? (orphaned || isDue(row, claim) ? holdForeignTask(row, claim) : undefined) ?? claim
}

/**
 * What the death of a nudge on its queue asks of a row that is due: a new wake-up, later each time, because the row is intact and
 * what failed was the way to it (a broken deployment, an outage of the store, a throttled function). Too many deaths in a
 * row without a single start fail the task with `error`; too many lost workers fail it as always.
 */
export const onDeadLetter = (
  row: TaskRow | undefined,
  nudge: Nudge,
  error: TaskError,
  said: Stamp,
  retentionMs: number,
): TaskCommand | Refusal => {
  if (!row) return refuse('unknown', `there is no task ${nudge.id}`)
  const stale = isOpen(row.state) ? staleNudge(row, nudge.epoch) : undefined
  if (stale) return stale
  const rearm = (wait: number): TaskCommand => ({
    name: 'rearm',
    ...said,
    code: error.code,
    reason: error.message,
    dueAt: said.at + wait,
  })
  switch (row.state) {
    case 'scheduled': {
      const over = timeUp(row, said, retentionMs)
      if (over) return over
      if (row.blocked) return waiting(row, row.blocked)
      // Nothing is lost yet: what died may be sent again, and neither the count nor the time of the task is touched.
      if (row.dueAt !== undefined && said.at < row.dueAt) return early(row, row.dueAt)
      const redeliveries = row.redeliveries ?? 0
      if (redeliveries >= LIMITS.redeliveriesCount) return { name: 'fail', ...said, error, retentionMs }
      return rearm(LIMITS.redeliveryWaitMs * 4 ** redeliveries)
    }
    case 'running':
      if (row.lease && said.at < row.lease.until) return leased(row, row.lease.until)
      return endAfterWorkerLoss(row, said, retentionMs) ?? rearm(LIMITS.redeliveryWaitMs)
    case 'pending':
    case 'waiting':
      // Both are on the watch, so the sweep wakes them again when their time has come.
      return timeUp(row, said, retentionMs) ?? refuse('superseded', `task ${row.id} is ${row.state}; its time is still to come`)
    default:
      return { name: 'fail', ...said, error, retentionMs } // which a finished row refuses, with its own words
  }
}

const isDue = ({ state, dueAt, blocked }: TaskRow, { at }: Stamp): boolean =>
  state === 'scheduled' && !blocked && (dueAt === undefined || at >= dueAt)

/**
 * A task of another environment, as there are in a copy of its table: it has run there, or is going to. Here it is held, and
 * whoever wants it to run here as well makes it ready here.
 */
const holdForeignTask = ({ environmentId: home }: TaskRow, { at, environmentId: here }: ClaimTask): TaskCommand | undefined => {
  if (home === undefined || here === undefined || home === here) return undefined
  const reason = `made in environment ${home}; this is ${here}: make it ready to run it here`
  return { name: 'hold', at, by: 'system:execute', reason }
}

const early = (row: TaskRow, dueAt: number): Refusal =>
  refuse('early', `task ${row.id} is due at ${iso(dueAt)}`, { state: row.state, retryAt: dueAt })

/** The end of a task whose time has run out before it started, or while it waited. */
const timeUp = (row: TaskRow, said: Stamp, retentionMs: number): TaskCommand | Refusal | undefined => {
  const { at, by } = said
  if ((row.state === 'pending' || row.state === 'scheduled') && row.expiresAt !== undefined && at >= row.expiresAt) {
    return { name: 'expire', at, by, reason: 'not started in time', retentionMs }
  }
  if (row.state === 'scheduled') return endIfTooOld(row, at, { at, by }, retentionMs)
  if (row.state !== 'waiting') return undefined
  if (row.dueAt === undefined)
    return refuse('superseded', `task ${row.id} waits for a signal, not for a time`, { state: row.state })
  if (at < row.dueAt) return early(row, row.dueAt)
  const error = { code: 'WaitTimeout', message: 'no signal came in time', retriable: false }
  return { name: 'fail', at, by, error, retentionMs }
}

/** The end of a running task whose worker is gone, if it was to be cancelled anyway or has lost as many as it may. */
const endAfterWorkerLoss = (row: TaskRow, said: Stamp, retentionMs: number): TaskCommand | undefined => {
  const { at, by } = said
  if (row.cancelRequested) {
    return { name: 'cancel', at, by, claim: claimOf(row), reason: 'cancel requested; the worker is gone', retentionMs }
  }
  return endAfterLastLoss(row, { at, by }, retentionMs)
}
