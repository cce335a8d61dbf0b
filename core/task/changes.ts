import { defined } from '../defined.ts'
import { iso } from '../instant.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { amendTask, movedDeadline } from './amend.ts'
import { claimTask, refuseLeased } from './claim.ts'
import type { ExistingTaskCommand, TaskCommand } from './command.ts'
import { INTERRUPTED } from './error.ts'
import { admitTask, blockTask } from './gating.ts'
import { failureTaskId, type TaskChange, type TaskRow } from './row.ts'

/** The change of each command to an existing task. `decideTask` has already checked the state. */
export const changeFor = (row: TaskRow, command: ExistingTaskCommand): TaskChange | Refusal => {
  switch (command.name) {
    case 'claim':
      return claimTask(row, command)
    case 'block':
      return blockTask(row, command)
    case 'admit':
      return admitTask(row, command)
    case 'ready':
      return { ...schedule(row, command.notBefore, command.at), ...environmentOf(command) }
    case 'reschedule':
      return schedule(row, command.notBefore, command.at)
    case 'amend':
      return amendTask(row, command)
    case 'hold':
      return hold(row, command)
    case 'succeed':
      return {
        ...endAs('succeeded', command),
        ...defined({ output: command.output }),
        drop: [...DROPPED_AT_END, 'error'] as const,
      }
    case 'retry':
      return { state: 'scheduled', wakes: true, dueAt: command.dueAt, error: command.error, drop: ['lease'] }
    case 'snooze':
      return { state: 'scheduled', wakes: true, dueAt: command.dueAt, snoozes: row.snoozes + 1, drop: ['lease'] }
    case 'wait':
      return { ...wait(command), snoozes: row.snoozes + 1 }
    case 'rearm':
      return rearm(row, command)
    case 'watch':
      return row.watched
        ? refuse('unchanged', `task ${row.id} is on the watch already`, { state: row.state })
        : { state: row.state, watched: true }
    case 'resume':
      return { state: 'scheduled', wakes: true, dueAt: earliestDueAt(row, command.at) }
    case 'conflict':
      return { ...endAs('conflicted', command), error: command.error }
    case 'fail':
      return fail(row, command)
    case 'cancel':
      return cancel(row, command)
    case 'expire':
      return expire(row, command)
    case 'skip':
      return endAs('skipped', command)
    case 'redrive':
      return redrive(row, command.at)
  }
}

/** Fields that a task loses when it ends. */
const DROPPED_AT_END = ['lease', 'dueAt', 'cancelRequested', 'watched'] as const
const DROPPED_WITH_WORKER = ['lease'] as const
/** A new time resets the redeliveries, which were counted for the wake-up at the old time, and the sweep has not passed it. */
const DROPPED_WITH_TIME = ['redeliveries', 'watched'] as const
const DROPPED_AT_HOLD = [...DROPPED_WITH_WORKER, ...DROPPED_WITH_TIME] as const
/** Fields that a redriven task loses. The deadline is one of them, because it applied to the first start. */
const DROPPED_AT_REDRIVE = [
  'error',
  'output',
  'startedAt',
  'finishedAt',
  'forgetAt',
  'expiresAt',
  'redeliveries',
  'interruptions',
] as const

/** Now, or `notBefore` if that is later: cancelling and redriving a task must not start it early. */
const earliestDueAt = (row: TaskRow, at: number): number => Math.max(row.notBefore, at)

/**
 * A past time means now, because `notBefore` is only a lower bound. A new time moves the deadline, because the deadline is
 * relative to `notBefore`. Without a new time the deadline does not change.
 */
const schedule = (row: TaskRow, requested: number | undefined, at: number): TaskChange => {
  const due = Math.max(requested ?? row.notBefore, at)
  const expiresAt = requested === undefined ? undefined : movedDeadline(row, due)
  const deadline = expiresAt === undefined ? {} : { expiresAt }
  return { state: 'scheduled', wakes: true, notBefore: due, dueAt: due, ...deadline, drop: DROPPED_WITH_TIME }
}

const environmentOf = ({ environmentId }: Of<'ready'>) => (environmentId === undefined ? {} : { environmentId })

/** Makes the task pending; only its deadline wakes it. A running task can be held only after its lease has ended. */
const hold = (row: TaskRow, command: Of<'hold'>): TaskChange | Refusal => {
  const leased = refuseLeased(row, command)
  if (leased) return leased
  const lost = row.state === 'running' ? { losses: row.losses + 1 } : {}
  const held = { state: 'pending', wakes: true, ...lost } as const
  return row.expiresAt === undefined
    ? { ...held, drop: [...DROPPED_AT_HOLD, 'dueAt'] as const }
    : { ...held, dueAt: row.expiresAt, drop: DROPPED_AT_HOLD }
}

const endAs = (state: TaskRow['state'], command: { at: number; retentionMs: number }): TaskChange => ({
  state,
  finishedAt: command.at,
  forgetAt: command.at + command.retentionMs,
  drop: DROPPED_AT_END,
})

const redrive = (row: TaskRow, at: number): TaskChange => {
  const { previousRuns } = row
  const interruptions = (previousRuns?.interruptions ?? 0) + (row.interruptions ?? 0)
  const failureTask = row.state === 'failed' && row.onFailure ? failureTaskId(row) : previousRuns?.failureTask
  const counts = {
    attempts: (previousRuns?.attempts ?? 0) + row.attempt,
    losses: (previousRuns?.losses ?? 0) + row.losses,
    snoozes: (previousRuns?.snoozes ?? 0) + row.snoozes,
    ...(interruptions > 0 ? { interruptions } : {}),
    ...(failureTask ? { failureTask } : {}),
  }
  const counters = { attempt: 0, losses: 0, snoozes: 0, previousRuns: counts, redrivenAt: at, drop: DROPPED_AT_REDRIVE }
  return { state: 'scheduled', wakes: true, dueAt: earliestDueAt(row, at), ...counters }
}

type Of<Name extends TaskCommand['name']> = Extract<TaskCommand, { name: Name }>

/** Without a claim, the command comes from the dead letters, the sweep or a deadline. A valid lease has precedence over it. */
const fail = (row: TaskRow, command: Of<'fail'>): TaskChange | Refusal =>
  refuseWithoutClaim(row, command) ?? { ...endAs('failed', command), error: command.error }

/** The refusal of a command without a claim while a worker's lease lasts. */
const refuseWithoutClaim = (row: TaskRow, command: Of<'fail' | 'rearm'>): Refusal | undefined =>
  command.claim ? undefined : refuseLeased(row, command)

/** The task waits without a wake-up, or until `dueAt`. The attempt did not fail, so it is counted as a snooze. */
const wait = ({ dueAt }: Of<'wait'>): TaskChange =>
  dueAt === undefined
    ? { state: 'waiting', wakes: true, drop: ['lease', 'dueAt'] }
    : { state: 'waiting', wakes: true, dueAt, drop: ['lease'] }

/**
 * Arms a new wake-up for an intact row whose message was lost. A running task has lost its worker too, or its attempt was
 * interrupted.
 */
const rearm = (row: TaskRow, command: Of<'rearm'>): TaskChange | Refusal => {
  const change: TaskChange = { state: 'scheduled', wakes: true, dueAt: earliestDueAt(row, command.dueAt) }
  if (row.state !== 'running') return { ...change, redeliveries: (row.redeliveries ?? 0) + 1 }
  const counted =
    command.code === INTERRUPTED ? { interruptions: (row.interruptions ?? 0) + 1 } : ({ losses: row.losses + 1 } as const)
  return refuseWithoutClaim(row, command) ?? { ...change, ...counted, drop: DROPPED_WITH_WORKER }
}

/** A running task gets a cancel request. It is cancelled when its worker confirms, or when its worker is lost. */
const cancel = (row: TaskRow, command: Of<'cancel'>): TaskChange => {
  const isRequest = row.state === 'running' && !('claim' in command)
  return isRequest ? { state: 'running', cancelRequested: true } : endAs('cancelled', command)
}

const expire = (row: TaskRow, command: Of<'expire'>): TaskChange | Refusal => {
  if (row.expiresAt === undefined || command.at < row.expiresAt) {
    const deadline = row.expiresAt === undefined ? 'has no deadline' : `does not expire before ${iso(row.expiresAt)}`
    return refuse('early', `task ${row.id} ${deadline}`, { state: row.state })
  }
  return endAs('expired', command)
}
