import { iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { ClaimTask, TaskCommand } from './command.ts'
import type { Move } from './move.ts'
import type { Nudge } from './nudge.ts'
import type { TaskRow } from './row.ts'

/** A worker takes a task up: at its time, with the nudge of its present epoch, and when nobody else holds it. */
export const claimTask = (row: TaskRow, command: ClaimTask): Move | Refusal => {
  const no = staleNudge(row, command.epoch) ?? notYet(row, command)
  if (no) return no
  const lost = row.state === 'running'
  return {
    state: 'running',
    attempt: row.attempt + 1,
    losses: row.losses + (lost ? 1 : 0),
    lease: { owner: command.owner, until: command.at + command.leaseMs },
    startedAt: command.at,
  }
}

/** The no that a held task gives: come back when the lease is over. */
export const leased = (row: TaskRow, until: number): Refusal =>
  refuse('leased', `task ${row.id} is held by a worker until ${iso(until)}`, { state: row.state, retryAt: until })

const staleNudge = (row: TaskRow, epoch: number): Refusal | undefined =>
  epoch === row.epoch
    ? undefined
    : refuse('superseded', `the nudge of epoch ${epoch} is not the present one of task ${row.id}, which is ${row.epoch}`, {
        state: row.state,
      })

const notYet = (row: TaskRow, command: ClaimTask): Refusal | undefined => {
  if (row.state === 'running') return row.lease && leaseHolds(row.lease, command) ? leased(row, row.lease.until) : undefined
  if (row.dueAt !== undefined && command.at < row.dueAt) {
    return refuse('early', `task ${row.id} is due at ${iso(row.dueAt)}, which is not yet`, {
      state: row.state,
      retryAt: row.dueAt,
    })
  }
  return undefined
}

const leaseHolds = (lease: { owner: string; until: number }, command: ClaimTask): boolean =>
  command.at < lease.until && (command.sole === undefined || lease.owner.startsWith(`${command.sole}.`))

/**
 * What a nudge asks of the row that it names: usually a claim; but a row past its deadline expires, one that waited too
 * long fails, and one that has lost too many workers fails rather than lose another.
 */
export const onNudge = (row: TaskRow | undefined, nudge: Nudge, claim: ClaimTask, retentionMs: number): TaskCommand | Refusal => {
  if (!row) return refuse('unknown', `there is no task ${nudge.id}`)
  const no = staleNudge(row, nudge.epoch)
  if (no) return no
  const { at, by } = claim
  if ((row.state === 'pending' || row.state === 'scheduled') && row.expiresAt !== undefined && at >= row.expiresAt) {
    return { name: 'expire', at, by, reason: 'not started in time', retentionMs }
  }
  if (row.state === 'waiting') {
    if (row.dueAt === undefined)
      return refuse('superseded', `task ${row.id} waits for a signal, not for a time`, { state: row.state })
    if (at < row.dueAt)
      return refuse('early', `task ${row.id} waits until ${iso(row.dueAt)}`, { state: row.state, retryAt: row.dueAt })
    return {
      name: 'fail',
      at,
      by,
      error: { code: 'WaitTimeout', message: 'no signal came in time', retriable: false },
      retentionMs,
    }
  }
  if (row.state === 'running' && row.losses >= LIMITS.lossesCount && row.lease && !leaseHolds(row.lease, claim)) {
    const message = `${row.losses + 1} workers were lost while they ran this task`
    return { name: 'fail', at, by, error: { code: 'WorkerLost', message, retriable: true }, retentionMs }
  }
  if (row.state === 'running' && row.cancelRequested && row.lease && !leaseHolds(row.lease, claim)) {
    return {
      name: 'cancel',
      at,
      by,
      claim: { epoch: row.epoch, attempt: row.attempt },
      reason: 'cancel requested; the worker is gone',
      retentionMs,
    }
  }
  return claim
}
