import { defined } from '../defined.ts'
import { iso } from '../instant.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { amendTask, movedDeadline } from './amend.ts'
import type { TaskChange } from './change.ts'
import { claimTask, leased } from './claim.ts'
import type { ExistingTaskCommand, TaskCommand } from './command.ts'
import { admitTask, blockTask } from './gating.ts'
import { failureTaskId, type TaskRow } from './row.ts'

/** One named change for each thing that can be said to a task that exists; `decide` has seen that it is allowed. */
export const changeFor = (row: TaskRow, command: ExistingTaskCommand): TaskChange | Refusal => {
  switch (command.name) {
    case 'claim':
      return claimTask(row, command)
    case 'block':
      return blockTask(row, command)
    case 'admit':
      return admitTask(row, command)
    case 'ready':
      return { ...schedule(row, command.notBefore, command.at), ...adopted(command) }
    case 'reschedule':
      return schedule(row, command.notBefore, command.at)
    case 'amend':
      return amendTask(row, command)
    case 'hold':
      return hold(row, command)
    case 'succeed':
      return {
        ...ending('succeeded', command),
        ...defined({ output: command.output }),
        drop: [...RELEASED, 'error'] as const,
      }
    case 'retry':
      return { state: 'scheduled', wakes: true, dueAt: command.dueAt, error: command.error, drop: ['lease'] }
    case 'snooze':
      return { state: 'scheduled', wakes: true, dueAt: command.dueAt, snoozes: row.snoozes + 1, drop: ['lease'] }
    case 'wait':
      return { ...wait(command), snoozes: row.snoozes + 1 }
    case 'rearm':
      return rearm(row, command)
    case 'resume':
      return { state: 'scheduled', wakes: true, dueAt: soonest(row, command.at) }
    case 'conflict':
      return { ...ending('conflicted', command), error: command.error }
    case 'fail':
      return fail(row, command)
    case 'cancel':
      return cancel(row, command)
    case 'expire':
      return expire(row, command)
    case 'skip':
      return ending('skipped', command)
    case 'redrive':
      return redrive(row, command.at)
  }
}

/** What a task lets go of when it ends, and what a redriven one starts without (its deadline has had its day). */
const RELEASED = ['lease', 'dueAt', 'cancelRequested'] as const
const LEASED = ['lease'] as const
/** Whoever gives a task a time gives it a fresh start: deaths under the old one say nothing of the new. */
const FRESH = ['redeliveries'] as const
const HELD = [...LEASED, ...FRESH] as const
const REBORN = ['error', 'output', 'startedAt', 'finishedAt', 'forgetAt', 'expiresAt', 'redeliveries'] as const

/** Now, unless the promised time is still to come: cancelling and redriving a task must not make it early. */
const soonest = (row: TaskRow, at: number): number => Math.max(row.notBefore, at)

/**
 * A past time means now: the promise is "not before", and it has been kept. Another time takes the deadline along, because
 * that is counted from it; the one that the task had leaves the deadline where it is.
 */
const schedule = (row: TaskRow, asked: number | undefined, at: number): TaskChange => {
  const due = Math.max(asked ?? row.notBefore, at)
  const expiresAt = asked === undefined ? undefined : movedDeadline(row, due)
  const moved = expiresAt === undefined ? {} : { expiresAt }
  return { state: 'scheduled', wakes: true, notBefore: due, dueAt: due, ...moved, drop: FRESH }
}

const adopted = ({ environmentId }: Of<'ready'>) => (environmentId === undefined ? {} : { environmentId })

/** Pending, with no wake-up but the deadline. A running one has to have lost its worker first. */
const hold = (row: TaskRow, { at }: Of<'hold'>): TaskChange | Refusal => {
  if (row.lease && at < row.lease.until) return leased(row, row.lease.until)
  if (row.cancelRequested) return refuse('notAllowed', `task ${row.id} is to be cancelled`, { state: row.state })
  const lost = row.state === 'running' ? { losses: row.losses + 1 } : {}
  const held = { state: 'pending', wakes: true, ...lost } as const
  return row.expiresAt === undefined
    ? { ...held, drop: [...HELD, 'dueAt'] as const }
    : { ...held, dueAt: row.expiresAt, drop: HELD }
}

const ending = (state: TaskRow['state'], command: { at: number; retentionMs: number }): TaskChange => ({
  state,
  finishedAt: command.at,
  forgetAt: command.at + command.retentionMs,
  drop: RELEASED,
})

const redrive = (row: TaskRow, at: number): TaskChange => {
  const { previousRuns } = row
  const failureTask = row.state === 'failed' && row.onFailure ? failureTaskId(row) : previousRuns?.failureTask
  const counted = {
    attempts: (previousRuns?.attempts ?? 0) + row.attempt,
    losses: (previousRuns?.losses ?? 0) + row.losses,
    snoozes: (previousRuns?.snoozes ?? 0) + row.snoozes,
    ...(failureTask ? { failureTask } : {}),
  }
  const anew = { attempt: 0, losses: 0, snoozes: 0, previousRuns: counted, redrivenAt: at, drop: REBORN }
  return { state: 'scheduled', wakes: true, dueAt: soonest(row, at), ...anew }
}

type Of<Name extends TaskCommand['name']> = Extract<TaskCommand, { name: Name }>

/** Without a claim it is the dead letters, the watchdog or a deadline that speaks; a live worker outranks them. */
const fail = (row: TaskRow, command: Of<'fail'>): TaskChange | Refusal => {
  if (!command.claim && row.lease && command.at < row.lease.until) return leased(row, row.lease.until)
  return { ...ending('failed', command), error: command.error }
}

/** Sleeps without a wake-up, or with one for its deadline. Not a failed attempt, so it is counted with the snoozes. */
const wait = ({ dueAt }: Of<'wait'>): TaskChange =>
  dueAt === undefined
    ? { state: 'waiting', wakes: true, drop: ['lease', 'dueAt'] }
    : { state: 'waiting', wakes: true, dueAt, drop: ['lease'] }

/** The row is intact, only what was to wake it died: a new wake-up. Of a running task the worker died as well, or says so just before. */
const rearm = (row: TaskRow, command: Of<'rearm'>): TaskChange | Refusal => {
  const anew: TaskChange = { state: 'scheduled', wakes: true, dueAt: soonest(row, command.dueAt) }
  if (row.state !== 'running') return { ...anew, redeliveries: (row.redeliveries ?? 0) + 1 }
  if (!command.claim && row.lease && command.at < row.lease.until) return leased(row, row.lease.until)
  return { ...anew, losses: row.losses + 1, drop: LEASED }
}

/** A running task is asked; it is cancelled when its worker says so, or when nobody is left to obey. */
const cancel = (row: TaskRow, command: Of<'cancel'>): TaskChange => {
  const asks = row.state === 'running' && !('claim' in command)
  return asks ? { state: 'running', cancelRequested: true } : ending('cancelled', command)
}

const expire = (row: TaskRow, command: Of<'expire'>): TaskChange | Refusal => {
  if (row.expiresAt === undefined || command.at < row.expiresAt) {
    const when = row.expiresAt === undefined ? 'never' : `not before ${iso(row.expiresAt)}`
    return refuse('early', `task ${row.id} expires ${when}`, { state: row.state })
  }
  return ending('expired', command)
}
