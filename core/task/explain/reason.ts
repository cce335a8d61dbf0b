import type { GateRequirement } from '../../gate/requirements.ts'
import type { GateRow } from '../../gate/row.ts'
import type { Instant } from '../../instant.ts'
import type { Json } from '../../row/json.ts'
import type { TaskRow } from '../row.ts'

/** Why a task stands where it stands: of those that have a way to go, what is before them; of the others, how they ended. */
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
/** One of these. */
export type ReasonCode = (typeof REASON_CODES)[number]

/** One reason: a sentence for people, and its parts for programs. */
export type Reason = {
  readonly code: ReasonCode
  readonly message: string
  readonly since?: Instant
  /** When it is over, where that is known. */
  readonly until?: Instant
  readonly data?: Readonly<Record<string, Json>>
}

/** Why a task has not run, or why it ended so. The heaviest reason comes first. */
export type Explanation = {
  /** One sentence: the state and the first reason. */
  readonly summary: string
  readonly reasons: readonly Reason[]
  /** When something is due to happen to it by itself; absent when only a command, another task or a person can move it. */
  readonly nextChangeAt?: Instant
}

/** A gate on a task's way, as it stands. */
export type GateView = {
  readonly requirement: GateRequirement
  /** Absent while nobody has used it. */
  readonly row?: GateRow
  /** Of the gate in whose line the task stands: the beginning of that line. */
  readonly waitlist?: WaitlistView
}

/** The beginning of a line. */
export type WaitlistView = {
  /** The tasks that stand before this one, in order, as far as was looked. */
  readonly before: readonly string[]
  /** Absent when it stands further back than was looked, or not yet in line. */
  readonly position?: number
  readonly waitingCount: number
  /** The line is longer than that. */
  readonly isLonger: boolean
}

/** What an explanation has to know besides the row. */
export type ExplainContext = {
  readonly environmentId: string
  readonly knowsType: boolean
  readonly knowsLane: boolean
  /** Those on its way, in the order of the way; and the one where it waits, whether or not that is still on it. */
  readonly gates: readonly GateView[]
  readonly failureTask?: Pick<TaskRow, 'id' | 'state' | 'error'>
}
