import type { DurationMs } from '../duration.ts'
import type { GateSpec } from '../gate/requirements.ts'
import type { GateRef } from '../gate/row.ts'
import { type Instant, iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Stamp } from '../row/stamp.ts'
import { type Payload, QUARANTINE_TYPE, type TaskError, type TaskPolicy, type TaskRow } from './row.ts'

/** Which claim a worker speaks for. A worker whose claim has passed to another is refused `fenced`. */
export type Claim = { readonly epoch: number; readonly attempt: number }

/** Brings a task into being. */
export type CreateTask = Stamp & {
  readonly name: 'create'
  readonly policy: TaskPolicy
  readonly input: Payload
  readonly ready: boolean
  readonly notBefore: Instant
  readonly expiresAt?: Instant
  readonly tags?: readonly string[]
  readonly onFailure?: TaskPolicy
  readonly failureOf?: string
  readonly requestDigest?: string
  readonly environmentId?: string
}

/** Records a message that nobody could read, so that it is seen rather than dropped. */
export type QuarantineMessage = Stamp & {
  readonly name: 'quarantine'
  readonly input: Payload
  readonly error: TaskError
  readonly retentionMs: DurationMs
  readonly environmentId?: string
}

/** What another request puts in the place of what the first one said. Absent: as it was. */
export type Amendment = Partial<Pick<TaskPolicy, 'schema' | 'retry' | 'priority'>> & {
  readonly input?: Payload
  readonly notBefore?: Instant
  /** Counted from the time that the task has then. */
  readonly expiresAfterMs?: DurationMs | 'never'
  /** Empty: none. */
  readonly tags?: readonly string[]
  /** The gate of the task with this input. */
  readonly gate?: GateSpec | 'none'
}

/** Changes a task that has not started, because another request is to take its place. */
export type AmendTask = Stamp & { readonly name: 'amend'; readonly amendment: Amendment }

/** What a caller says: of one task, or through an operation of many. */
type CallerStamp = Stamp & { readonly operation?: string }

/** What people and callers say. */
export type CallerCommand =
  /** Whoever makes a task ready in an environment makes it that environment's own. */
  | (CallerStamp & { readonly name: 'ready'; readonly notBefore?: Instant; readonly environmentId?: string })
  | (CallerStamp & { readonly name: 'hold' })
  | (CallerStamp & { readonly name: 'reschedule'; readonly notBefore: Instant })
  | (CallerStamp & { readonly name: 'cancel'; readonly retentionMs: DurationMs })
  | (CallerStamp & { readonly name: 'redrive' })
  | (CallerStamp & { readonly name: 'resume' })

/**
 * What an executor says when it takes a task up. `owner` is new for every claim: two workers that claim in the same
 * millisecond must not write the same row. `sole` names a process beside which no other can hold leases (`worlds/local`):
 * its owners begin with that name, and any other owner is dead.
 */
export type ClaimTask = Stamp & {
  readonly name: 'claim'
  readonly epoch: number
  readonly owner: string
  readonly leaseMs: DurationMs
  readonly sole?: string
  /** The environment that it would be run in. */
  readonly environmentId?: string
  /** The gates in which it has a place. */
  readonly gates?: readonly GateRef[]
}

/** What is said to a task on its way through gates: it has to wait at one, keeping its places in others; or that one has called it. */
export type GateTask =
  | (Stamp & { readonly name: 'block'; readonly gate: GateRef; readonly held: readonly GateRef[] })
  | (Stamp & { readonly name: 'admit'; readonly gate: GateRef })

/** What the holder of a claim says. */
export type WorkerCommand =
  | (Stamp & { readonly name: 'succeed'; readonly claim: Claim; readonly output?: Payload; readonly retentionMs: DurationMs })
  | (Stamp & { readonly name: 'retry'; readonly claim: Claim; readonly error: TaskError; readonly dueAt: Instant })
  | (Stamp & { readonly name: 'snooze'; readonly claim: Claim; readonly dueAt: Instant })
  | (Stamp & { readonly name: 'wait'; readonly claim: Claim; readonly dueAt?: Instant })
  | (Stamp & { readonly name: 'conflict'; readonly claim: Claim; readonly error: TaskError; readonly retentionMs: DurationMs })
  | (Stamp & { readonly name: 'cancel'; readonly claim: Claim; readonly retentionMs: DurationMs })

/** What moves a task on from its worker (with a claim), or from the dead letters, a lost worker or a deadline (without). */
export type MoveTask =
  | (Stamp & {
      readonly name: 'fail'
      readonly claim?: Claim
      readonly error: TaskError
      readonly final?: string
      readonly retentionMs: DurationMs
    })
  | (Stamp & { readonly name: 'expire'; readonly retentionMs: DurationMs })
  | (Stamp & { readonly name: 'skip'; readonly retentionMs: DurationMs })
  | (Stamp & { readonly name: 'rearm'; readonly claim?: Claim; readonly code?: string; readonly dueAt: Instant })

/** Everything that can be said to a task. */
export type TaskCommand =
  | CreateTask
  | QuarantineMessage
  | AmendTask
  | CallerCommand
  | ClaimTask
  | GateTask
  | WorkerCommand
  | MoveTask

/** A command to a task that exists. */
export type ExistingTaskCommand = Exclude<TaskCommand, CreateTask | QuarantineMessage>

/** The claim that a running row is under. */
export const claimOf = (row: Pick<TaskRow, 'epoch' | 'attempt'>): Claim => ({ epoch: row.epoch, attempt: row.attempt })

/** Why a caller may not say this to a task, although its state would allow it; undefined when it may. */
export const checkCommand = (row: TaskRow, command: CallerCommand): Refusal | undefined => {
  switch (command.name) {
    case 'ready':
    case 'reschedule':
      return badTime(command.notBefore, command.at)
    case 'redrive':
      return evidence(row)
    default:
      return undefined
  }
}

/** A message that nobody could read is kept as evidence: nothing can run it, and a try would only cover up its error. */
const evidence = (row: TaskRow): Refusal | undefined => {
  if (row.type !== QUARANTINE_TYPE) return undefined
  const why = `task ${row.id} is an unreadable message, kept as evidence: nothing can run it, so it cannot be redriven`
  return refuse('notAllowed', `${why}. Its input shows the message; create what it was meant to be as a task of its own`, {
    state: row.state,
  })
}

/** A time that is too far ahead. Any other takes the task's deadline along. */
const badTime = (notBefore: number | undefined, now: number): Refusal | undefined =>
  notBefore !== undefined && notBefore - now > LIMITS.horizonMs ? tooFar(notBefore, now) : undefined

/** The no for a time beyond the horizon. */
export const tooFar = (notBefore: number, now: number): Refusal =>
  refuse('invalid', `/notBefore: ${iso(notBefore)}; it must be at most ten years ahead, before ${iso(now + LIMITS.horizonMs)}`, {
    path: '/notBefore',
  })
