import type { GateRequirement } from '../../gate/requirements.ts'
import type { GateRow } from '../../gate/row.ts'
import type { Instant } from '../../instant.ts'
import type { Json } from '../../row/json.ts'
import type { TaskRow } from '../row.ts'

/** The codes of reasons: why an open task has not ended, or how a task ended. */
export const REASON_CODES = [
  'notReady',
  'foreignEnvironment',
  'unknownType',
  'unknownLane',
  'paused',
  'gateBusy',
  'rateLimited',
  'admitting',
  'beforeItsTime',
  'retrying',
  'snoozed',
  'rearmed',
  'due',
  'overdue',
  'deadline',
  'running',
  'cancelRequested',
  'waiting',
  'succeeded',
  'failed',
  'conflicted',
  'cancelled',
  'expired',
  'skipped',
  'failureTask',
] as const
/** One of `REASON_CODES`. */
export type ReasonCode = (typeof REASON_CODES)[number]

/** One reason: a sentence for people, and its facts for programs. */
export type Reason = {
  readonly code: ReasonCode
  readonly message: string
  readonly since?: Instant
  /** The end of the reason, if it is known. */
  readonly until?: Instant
  readonly data?: Readonly<Record<string, Json>>
}

/** Why a task has not run, or why it ended. The most important reason comes first. */
export type Explanation = {
  /** One sentence: the state and the first reason. */
  readonly summary: string
  readonly reasons: readonly Reason[]
  /** The time of the next change without a command; absent when only a command, another task or a person can change the task. */
  readonly nextChangeAt?: Instant
}

/** The state of a gate that a task requires. */
export type GateView = {
  readonly requirement: GateRequirement
  /** Absent before the first use of the gate. */
  readonly row?: GateRow
  /** The beginning of the waitlist; only of the gate at which the task is blocked. */
  readonly waitlist?: WaitlistView
}

/** The beginning of a waitlist. */
export type WaitlistView = {
  /** The tasks before this one, in order, within the part that was read. */
  readonly before: readonly string[]
  /** Absent when the task is beyond the part that was read, or not yet on the waitlist. */
  readonly position?: number
  readonly waitingCount: number
  /** The waitlist is longer than `waitingCount`. */
  readonly isLonger: boolean
}

/** The facts besides the row that an explanation needs. */
export type ExplainContext = {
  readonly environmentId: string
  readonly isTypeRegistered: boolean
  readonly isLaneDeployed: boolean
  /** The gates that the task requires, in the order of acquisition; and the gate at which it is blocked, required or not. */
  readonly gates: readonly GateView[]
  readonly failureTask?: Pick<TaskRow, 'id' | 'state' | 'error'>
}
