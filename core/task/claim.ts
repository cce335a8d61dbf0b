import { defined } from '../defined.ts'
import type { GateRef } from '../gate/row.ts'
import { iso } from '../instant.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { TaskChange } from './change.ts'
import type { ClaimTask } from './command.ts'
import type { TaskRow } from './row.ts'

/** A worker takes a task up: at its time, with the nudge of its present epoch, and when nobody else holds it. */
export const claimTask = (row: TaskRow, command: ClaimTask): TaskChange | Refusal => {
  const no = staleNudge(row, command.epoch) ?? notYet(row, command)
  if (no) return no
  const lost = row.state === 'running'
  return {
    state: 'running',
    attempt: row.attempt + 1,
    losses: row.losses + (lost ? 1 : 0),
    lease: { owner: command.owner, until: command.at + command.leaseMs },
    startedAt: command.at,
    ...defined({ gates: command.gates }),
    // It has been started in time, and its message has come through: neither bound is of any more use.
    drop: ['expiresAt', 'redeliveries', 'queuedAt'],
  }
}

/** The no that a held task gives: come back when the lease is over. */
export const leased = (row: TaskRow, until: number): Refusal =>
  refuse('leased', `task ${row.id} is held by a worker until ${iso(until)}`, { state: row.state, retryAt: until })

/** The no that a nudge of an older epoch gets. */
export const staleNudge = (row: TaskRow, epoch: number): Refusal | undefined =>
  epoch === row.epoch
    ? undefined
    : refuse('superseded', `the nudge of epoch ${epoch} is not the present one of task ${row.id}, which is ${row.epoch}`, {
        state: row.state,
      })

const notYet = (row: TaskRow, command: ClaimTask): Refusal | undefined => {
  if (row.blocked) return waiting(row, row.blocked)
  if (row.state === 'running') return row.lease && leaseHolds(row.lease, command) ? leased(row, row.lease.until) : undefined
  if (row.dueAt !== undefined && command.at < row.dueAt) {
    return refuse('early', `task ${row.id} is due at ${iso(row.dueAt)}, which is not yet`, {
      state: row.state,
      retryAt: row.dueAt,
    })
  }
  // Whoever claims has looked already, but only what stands in the row that is written can be relied on.
  if (row.expiresAt !== undefined && command.at >= row.expiresAt)
    return refuse('notAllowed', `task ${row.id} had to start before ${iso(row.expiresAt)}; it can only expire`, {
      state: row.state,
    })
  return undefined
}

/** The no that a nudge of a blocked task meets: the gate will call it, with a nudge of a newer epoch. */
export const waiting = (row: TaskRow, gate: GateRef): Refusal =>
  refuse('superseded', `task ${row.id} waits at gate ${gate}, which will call it`, { state: row.state })

/** Is the row still somebody's? Not after the lease, and not when its owner's process is known to be gone. */
export const leaseHolds = (lease: NonNullable<TaskRow['lease']>, { at, sole }: Pick<ClaimTask, 'at' | 'sole'>): boolean =>
  at < lease.until && (sole === undefined || lease.owner.startsWith(`${sole}.`))
