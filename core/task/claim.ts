import { defined } from '../defined.ts'
import type { GateRef } from '../gate/row.ts'
import { iso } from '../instant.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { ClaimTask } from './command.ts'
import type { TaskChange, TaskRow } from './row.ts'

/** A worker starts an attempt. Requires the current epoch, a due task, and no valid lease of another worker. */
export const claimTask = (row: TaskRow, command: ClaimTask): TaskChange | Refusal => {
  const refusal = staleNudge(row, command.epoch) ?? checkClaim(row, command)
  if (refusal) return refusal
  const lost = row.state === 'running'
  return {
    state: 'running',
    attempt: row.attempt + 1,
    losses: row.losses + (lost ? 1 : 0),
    lease: { owner: command.owner, until: command.at + command.leaseMs },
    startedAt: command.at,
    ...defined({ gates: command.gates }),
    // The task has started, so its deadline, its redeliveries and its time on waitlists no longer apply.
    drop: ['expiresAt', 'redeliveries', 'queuedAt'],
  }
}

/** The refusal while a worker's lease is valid, with the end of the lease as `retryAt`; undefined without such a lease. */
export const refuseLeased = ({ id, state, lease }: TaskRow, by: Pick<ClaimTask, 'at' | 'sole'>): Refusal | undefined =>
  lease && isLeaseValid(lease, by)
    ? refuse('leased', `task ${id} is held by a worker until ${iso(lease.until)}`, { state, retryAt: lease.until })
    : undefined

/** The refusal of a nudge whose epoch is not the row's; undefined when the epochs are equal. */
export const staleNudge = (row: TaskRow, epoch: number): Refusal | undefined =>
  epoch === row.epoch
    ? undefined
    : refuse('superseded', `the nudge has epoch ${epoch}; the current epoch of task ${row.id} is ${row.epoch}`, {
        state: row.state,
      })

const checkClaim = (row: TaskRow, command: ClaimTask): Refusal | undefined => {
  if (row.blocked) return refuseBlocked(row, row.blocked)
  if (row.state === 'running') return refuseLeased(row, command)
  if (row.dueAt !== undefined && command.at < row.dueAt) return refuseEarly(row, row.dueAt)
  // The executor has checked this, but on a row that may have changed since. The commit is conditional on this row.
  if (row.expiresAt !== undefined && command.at >= row.expiresAt)
    return refuse('notAllowed', `task ${row.id} did not start before its deadline ${iso(row.expiresAt)} and can only expire`, {
      state: row.state,
    })
  return undefined
}

/** The refusal before a task is due; `retryAt` is its due time. */
export const refuseEarly = (row: TaskRow, dueAt: number): Refusal =>
  refuse('early', `task ${row.id} is not due before ${iso(dueAt)}`, { state: row.state, retryAt: dueAt })

/** The refusal of a nudge for a blocked task. When the gate admits the task, a nudge with a newer epoch follows. */
export const refuseBlocked = (row: TaskRow, gate: GateRef): Refusal =>
  refuse('superseded', `task ${row.id} is blocked at gate ${gate} until the gate admits it`, { state: row.state })

/** Is the lease valid? A lease is invalid after its end, and when its owner's process is known to have ended. */
export const isLeaseValid = (lease: NonNullable<TaskRow['lease']>, { at, sole }: Pick<ClaimTask, 'at' | 'sole'>): boolean =>
  at < lease.until && (sole === undefined || lease.owner.startsWith(`${sole}.`))
