import type { DurationMs } from '../duration.ts'
import type { GateSpec } from '../gate/requirements.ts'
import type { GateRef, Priority } from '../gate/row.ts'
import type { Instant } from '../instant.ts'
import type { RetryPolicy } from '../retry/policy.ts'
import type { Json } from '../row/json.ts'
import type { Key } from '../row/key.ts'

/**
 * The life of a task.
 *
 * A task is created *scheduled*, or *pending* when it was created not ready: then it exists and never runs until it is
 * made ready. At its time a worker claims it and it is *running*, under a lease. It ends *succeeded*; or it is
 * *scheduled* again, because it failed with attempts left or put itself off; or *waiting* for a signal, costing nothing;
 * or it ends *failed* (for good), *conflicted* (something else was in its way), *cancelled*, *expired* (not started in
 * time) or *skipped* (rightly left out). A worker that dies leaves it running, and after the lease another may claim it.
 * A message that dies on its queue is no fault of the task: its wake-up is armed anew, a bounded number of times.
 * One that finds a gate on its way busy is *scheduled* and blocked there, in line, until the gate admits it.
 * What ended unhappily can be redriven; what succeeded or was skipped is final.
 */
export const transitions = {
  pending: { ready: ['scheduled'], amend: ['pending'], cancel: ['cancelled'], expire: ['expired'] },
  scheduled: {
    claim: ['running'],
    reschedule: ['scheduled'],
    amend: ['scheduled'], // only before its first attempt
    hold: ['pending'],
    cancel: ['cancelled'],
    expire: ['expired'],
    skip: ['skipped'],
    rearm: ['scheduled'], // its message died on its queue
    block: ['scheduled'], // a gate on its way is busy
    admit: ['scheduled'], // the gate has called it
    fail: ['failed'],
  },
  running: {
    claim: ['running'], // only after the lease: the worker is lost
    succeed: ['succeeded'],
    retry: ['scheduled'],
    snooze: ['scheduled'],
    wait: ['waiting'],
    rearm: ['scheduled'], // its worker is interrupted; or only after the lease: worker and message are lost
    block: ['scheduled'], // only after the lease: and its place is lost as well
    hold: ['pending'], // only after the lease: whoever is to take it up may not run it
    conflict: ['conflicted'],
    fail: ['failed'],
    cancel: ['running', 'cancelled'], // asks, or the worker obeyed
  },
  waiting: { resume: ['scheduled'], fail: ['failed'], cancel: ['cancelled'] },
  failed: { redrive: ['scheduled'] },
  conflicted: { redrive: ['scheduled'] },
  expired: { redrive: ['scheduled'] },
  cancelled: { redrive: ['scheduled'] },
  succeeded: {},
  skipped: {},
} as const satisfies Record<string, Readonly<Record<string, readonly string[]>>>

/** Where a task is in its life. */
export type TaskState = keyof typeof transitions

type KeysOfEach<Union> = Union extends unknown ? keyof Union : never
/** What can be told to a task that exists. */
export type TaskVerb = KeysOfEach<(typeof transitions)[TaskState]>

/** The states that a verb leads to from a state; empty when it is not allowed there. */
export const targets = (state: TaskState, verb: string): readonly TaskState[] =>
  (transitions[state] as Readonly<Record<string, readonly TaskState[]>>)[verb] ?? []

export const TASK_STATES = Object.keys(transitions) as readonly TaskState[]

/** States in which the task still has a way to go. */
export const isOpen = (state: TaskState): boolean => state in { pending: 1, scheduled: 1, running: 1, waiting: 1 }

/** An input or output: on the row when small, else the name of a write-once document beside it. */
export type Payload = { readonly inline: Json } | { readonly document: string; readonly bytes: number }

/** Why an attempt or a task failed. */
export type TaskError = {
  readonly code: string
  readonly message: string
  readonly retriable: boolean
  /** Where its message died, if that is why. */
  readonly provenance?: Provenance
}

/** One entry of a task's history: a command that was committed. */
export type HistoryEntry = {
  readonly at: Instant
  /** The state after the command. */
  readonly state: TaskState
  /** The actor: `user:…`, `worker:…` or `system:…`. */
  readonly by: string
  readonly command: TaskVerb | 'create' | 'quarantine'
  /** Code of the error that the command brought; `reason` is then the error's message. */
  readonly code?: string
  readonly reason?: string
  /** Why no further attempt follows, where the error itself does not say so. */
  readonly final?: string
  /** On a redrive: attempts made since the redrive before it. */
  readonly made?: number
}

/** Which lifecycle events of a task go to the bus. */
export type EventLevel = 'none' | 'terminal' | 'all'

/** What a task of some type is made with; fixed at creation, so that a later deployment does not change a promise. */
export type TaskPolicy = {
  readonly type: string
  /** Version of the type's payload schema. */
  readonly schema: number
  readonly lane: string
  readonly timeoutMs: DurationMs
  readonly retry: RetryPolicy
  /** Absent is `none`. */
  readonly events?: EventLevel
  /** Only so many of those with the same key at once. */
  readonly gate?: GateSpec
  /** Who goes first where some have to wait. Absent is `normal`. */
  readonly priority?: Priority
}

/** A task: one instance of a task type for one tenant. The row is the truth; timers and messages only nudge. */
export type TaskRow = Key &
  TaskPolicy & {
    readonly kind: 'task'
    readonly state: TaskState
    /** Rises by one with every commit; guards each write and orders events. */
    readonly version: number
    /** The version that armed the present wake-up; names the timer and rides in every nudge. */
    readonly epoch: number

    readonly createdAt: Instant
    readonly createdBy: string
    /** The environment that it belongs to: a copy of the table must not run it a second time. Absent is any. */
    readonly environmentId?: string
    /** When the last commit was made. */
    readonly updatedAt: Instant
    readonly startedAt?: Instant
    readonly finishedAt?: Instant

    /** The promise: never before this. Its place in lists. */
    readonly notBefore: Instant
    /** The next wake-up; absent when nothing but a command can move the task. */
    readonly dueAt?: Instant
    /** Not started by then: expired, never run late. Gone once it has started. */
    readonly expiresAt?: Instant
    /** When it was last redriven, which is a new beginning for its age. */
    readonly redrivenAt?: Instant

    /** Claimed executions since creation or redrive. With the epoch it names the claim. */
    readonly attempt: number
    /** Attempts among them that ended with a lost worker, or with one that its function had no time left for. */
    readonly losses: number
    /** Attempts among them that the task itself put off, or that ended in waiting. */
    readonly snoozes: number
    /** The same counts for all that was before the last redrive, and the task that handled its last failure then. */
    readonly previousRuns?: {
      readonly attempts: number
      readonly losses: number
      readonly snoozes: number
      readonly failureTask?: string
    }
    /** Messages of the present wake-up's task that died on their queue since an attempt was last begun. */
    readonly redeliveries?: number
    readonly lease?: { readonly owner: string; readonly until: Instant }
    readonly cancelRequested?: true
    /** The gate in whose line it stands. */
    readonly blocked?: GateRef
    /** The gates in which it has, or may have, a place. */
    readonly gates?: readonly GateRef[]
    /** Since when it has been waiting on its way through gates. Gone once it has started. */
    readonly queuedAt?: Instant

    readonly input: Payload
    readonly output?: Payload
    readonly error?: TaskError
    readonly history: readonly HistoryEntry[]
    readonly tags?: readonly string[]
    /** The last operation that has told it something. */
    readonly operation?: string
    /** The task to submit if this one fails for good. */
    readonly onFailure?: TaskPolicy
    /** The task whose failure this one handles. */
    readonly failureOf?: string
    /** Digest of the creating request's body and the id of that request, when it came with an idempotency key. */
    readonly requestDigest?: string
    /** When the store may forget the row. */
    readonly forgetAt?: Instant
  }

/** The attempts that count against the retry policy: neither lost workers nor snoozes are the task's fault. */
export const countedAttempts = (row: Pick<TaskRow, 'attempt' | 'losses' | 'snoozes'>): number =>
  row.attempt - row.losses - row.snoozes

/** May this task still be changed? Not once an attempt has been made, be it in an earlier life. */
export const isUnstarted = ({ state, attempt, redrivenAt }: Pick<TaskRow, 'state' | 'attempt' | 'redrivenAt'>): boolean =>
  attempt === 0 && redrivenAt === undefined && (state === 'pending' || state === 'scheduled')

/** The id of the failure task of a task that failed in its present epoch: the same however often it is submitted. */
export const failureTaskId = (row: Pick<TaskRow, 'id' | 'epoch'>): string => `${row.id}.f${row.epoch}`

/** The documents that belong to a row. */
export const documentsOf = (row: TaskRow): readonly string[] =>
  [row.input, row.output].flatMap((payload) => (payload && 'document' in payload ? [payload.document] : []))

/** Payloads that were kept beside the row and have been brought back. */
export type Loaded = { readonly input?: Json; readonly output?: Json }

/** Where a message died, and what is known of it. */
export type Provenance = {
  /** The queue: `lane:normal`, `timers`, `relay`, `publish`; or `lane` for one that an executor could not read. */
  readonly source: string
  /** How often the queue had handed it out. */
  readonly receives: number
  readonly reason?: string
  /** In hex: names the body without repeating it. */
  readonly bodySha256: string
  /** When that was found out. */
  readonly at: Instant
}

/** The type of rows that hold messages which nobody could read. */
export const QUARANTINE_TYPE = 'carillon.quarantine'
