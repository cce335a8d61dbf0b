import type { DurationMs } from '../duration.ts'
import type { GateSpec } from '../gate/requirements.ts'
import type { GateRef } from '../gate/row.ts'
import { type Instant, iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Stamp } from '../row/stamp.ts'
import {
  type FailurePolicy,
  type Payload,
  QUARANTINE_TYPE,
  type SeriesRef,
  type TaskError,
  type TaskPolicy,
  type TaskRow,
} from './row.ts'

/** The claim that a worker's command belongs to. A command of an older claim is refused as `fenced`. */
export type Claim = { readonly epoch: number; readonly attempt: number }

/** Creates a task. */
export type CreateTask = Stamp & {
  readonly name: 'create'
  readonly policy: TaskPolicy
  readonly input: Payload
  readonly ready: boolean
  readonly notBefore: Instant
  readonly expiresAt?: Instant
  readonly tags?: readonly string[]
  readonly onFailure?: FailurePolicy
  readonly failureOf?: string
  readonly series?: SeriesRef
  readonly requestDigest?: string
  readonly environmentId?: string
}

/** Stores an unreadable message as a failed task, so that the message is visible and not dropped. */
export type QuarantineMessage = Stamp & {
  readonly name: 'quarantine'
  readonly input: Payload
  readonly error: TaskError
  readonly retentionMs: DurationMs
  readonly environmentId?: string
}

/** The fields that a later request replaces. An absent field does not change. */
export type Amendment = Partial<Pick<TaskPolicy, 'schema' | 'retry' | 'priority'>> & {
  readonly input?: Payload
  readonly notBefore?: Instant
  /** Counted from the task's `notBefore` after the amendment. */
  readonly expiresAfterMs?: DurationMs | 'never'
  /** An empty list removes all tags. */
  readonly tags?: readonly string[]
  /** The gate that follows from the new input. */
  readonly gate?: GateSpec | 'none'
}

/** Replaces fields of a task that has not started with those of a later request. */
export type AmendTask = Stamp & { readonly name: 'amend'; readonly amendment: Amendment }

/** A stamp of a caller's command. `operation`: the id of the bulk operation that sent the command. */
type CallerStamp = Stamp & { readonly operation?: string }

/** A stamp of a command that a valid lease refuses. `sole`: see `ClaimTask`. */
type SoleStamp = Stamp & { readonly sole?: string }

/** The commands of callers. */
export type CallerCommand =
  /** Makes a pending task scheduled, and moves the task to `environmentId`. */
  | (CallerStamp & { readonly name: 'ready'; readonly notBefore?: Instant; readonly environmentId?: string })
  | (CallerStamp & SoleStamp & { readonly name: 'hold' })
  | (CallerStamp & { readonly name: 'reschedule'; readonly notBefore: Instant })
  | (CallerStamp & { readonly name: 'cancel'; readonly retentionMs: DurationMs })
  | (CallerStamp & { readonly name: 'redrive' })
  | (CallerStamp & { readonly name: 'resume' })

/**
 * Starts an attempt. `owner` is unique for every claim, so that two workers that claim in the same millisecond do not write
 * the same row. `sole` names the only process that can hold leases (`worlds/local`): its owners begin with that name, and
 * the lease of any other owner is invalid.
 */
export type ClaimTask = Stamp & {
  readonly name: 'claim'
  readonly epoch: number
  readonly owner: string
  readonly leaseMs: DurationMs
  readonly sole?: string
  /** The environment of the executor. */
  readonly environmentId?: string
  /** The gates in which the task has a place. */
  readonly gates?: readonly GateRef[]
}

/** `block`: the task waits at `gate` and keeps its places in `held`. `admit`: the gate has given the task a place. */
export type GateTask =
  | (SoleStamp & { readonly name: 'block'; readonly gate: GateRef; readonly held: readonly GateRef[] })
  | (Stamp & { readonly name: 'admit'; readonly gate: GateRef })

/** The commands of the worker that holds the claim. */
export type WorkerCommand =
  | (Stamp & { readonly name: 'succeed'; readonly claim: Claim; readonly output?: Payload; readonly retentionMs: DurationMs })
  | (Stamp & { readonly name: 'retry'; readonly claim: Claim; readonly error: TaskError; readonly dueAt: Instant })
  | (Stamp & { readonly name: 'snooze'; readonly claim: Claim; readonly dueAt: Instant })
  | (Stamp & { readonly name: 'wait'; readonly claim: Claim; readonly dueAt?: Instant })
  | (Stamp & { readonly name: 'conflict'; readonly claim: Claim; readonly error: TaskError; readonly retentionMs: DurationMs })
  | (Stamp & { readonly name: 'cancel'; readonly claim: Claim; readonly retentionMs: DurationMs })

/** Commands of a worker (with a claim), or of the dead letters, the sweep or an executor (without a claim). */
export type MoveTask =
  | (SoleStamp & {
      readonly name: 'fail'
      readonly claim?: Claim
      readonly error: TaskError
      readonly final?: string
      readonly retentionMs: DurationMs
    })
  | (Stamp & { readonly name: 'expire'; readonly retentionMs: DurationMs })
  | (Stamp & { readonly name: 'skip'; readonly retentionMs: DurationMs })
  /** The sweep puts a task on the watch that is not settled some minutes after its time. */
  | (Stamp & { readonly name: 'watch' })
  /** With the code `INTERRUPTED` the attempt of the claim counts as an interruption, otherwise as a lost worker. */
  | (Stamp & { readonly name: 'rearm'; readonly claim?: Claim; readonly code?: string; readonly dueAt: Instant })

/** Every command to a task. */
export type TaskCommand =
  | CreateTask
  | QuarantineMessage
  | AmendTask
  | CallerCommand
  | ClaimTask
  | GateTask
  | WorkerCommand
  | MoveTask

/** A command to an existing task. */
export type ExistingTaskCommand = Exclude<TaskCommand, CreateTask | QuarantineMessage>

/** The current claim of a running row. */
export const claimOf = (row: Pick<TaskRow, 'epoch' | 'attempt'>): Claim => ({ epoch: row.epoch, attempt: row.attempt })

/** The refusal of a caller's command that the task's state would allow; undefined when the command is allowed. */
export const checkCommand = (row: TaskRow, command: CallerCommand): Refusal | undefined => {
  switch (command.name) {
    case 'ready':
    case 'reschedule':
      return checkHorizon(command.notBefore, command.at)
    case 'redrive':
      return checkReadable(row)
    default:
      return undefined
  }
}

/** A quarantined message cannot run. A redrive would only replace its error. */
const checkReadable = (row: TaskRow): Refusal | undefined => {
  if (row.type !== QUARANTINE_TYPE) return undefined
  const why = `task ${row.id} holds an unreadable message and cannot be redriven, because no handler can run it`
  return refuse('notAllowed', `${why}. Its input shows the message; create the intended task as a new task`, {
    state: row.state,
  })
}

/** The refusal of a time beyond the horizon; undefined for any other time. */
const checkHorizon = (notBefore: number | undefined, now: number): Refusal | undefined =>
  notBefore !== undefined && notBefore - now > LIMITS.horizonMs ? refuseBeyondHorizon(notBefore, now) : undefined

/** The refusal of a time beyond the horizon. */
export const refuseBeyondHorizon = (notBefore: number, now: number): Refusal =>
  refuse('invalid', `/notBefore: ${iso(notBefore)}; it must be at most ten years ahead, before ${iso(now + LIMITS.horizonMs)}`, {
    path: '/notBefore',
  })
