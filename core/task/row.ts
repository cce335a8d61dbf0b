import type { DurationMs } from '../duration.ts'
import type { GateSpec } from '../gate/requirements.ts'
import type { GateRef, Priority } from '../gate/row.ts'
import type { Instant } from '../instant.ts'
import type { RetryPolicy } from '../retry/policy.ts'
import type { Json } from '../row/json.ts'
import type { Key } from '../row/key.ts'

/** The series of a task, and its occurrence. `run` is present for a trigger and for a backfill. */
export type SeriesRef = { readonly id: string; readonly nominalAt: Instant; readonly run?: string }

/**
 * The life of a task.
 *
 * 1. A task is created *scheduled*, or *pending* when it is created not ready.
 * 2. A pending task does not run until a caller makes it ready; a scheduled task that is held becomes pending.
 * 3. When a scheduled task is due, a worker claims it: the task is *running*, under a lease.
 * 4. A due task at a busy gate stays *scheduled* and is blocked; it is due again when the gate admits it.
 * 5. A handler that returns a value ends the task as *succeeded*.
 * 6. After an error with attempts left, and after a snooze, the task is *scheduled* again; without attempts left it
 *    ends as *failed*; a handler can also end it as *failed* or *conflicted* at once.
 * 7. A handler can make the task *waiting*: it uses no worker until a caller resumes it, and it fails if its wait times out.
 * 8. A task ends as *cancelled* by a caller, *expired* at its deadline, or *skipped* at a busy gate; a running task first
 *    gets a cancel request and is cancelled when its worker stops.
 * 9. When the lease of a lost worker ends, another worker claims the task; when a message is lost, a new wake-up is armed.
 *    Both happen a limited number of times, and then the task fails.
 *    The sweep puts a task that is not settled some minutes after its time on the watch; this changes nothing else.
 * 10. A failed, conflicted, cancelled or expired task can be redriven; succeeded and skipped are final.
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
    rearm: ['scheduled'], // its message was dead-lettered
    block: ['scheduled'], // one of its gates is busy
    admit: ['scheduled'], // the gate has given it a place
    watch: ['scheduled'], // its time is over, and the sweep has found it
    fail: ['failed'],
  },
  running: {
    claim: ['running'], // only after the lease: the worker is lost
    succeed: ['succeeded'],
    retry: ['scheduled'],
    snooze: ['scheduled'],
    wait: ['waiting'],
    rearm: ['scheduled'], // its attempt is interrupted; or, only after the lease, worker and message are lost
    block: ['scheduled'], // only after the lease: the worker and its place in a gate are lost
    hold: ['pending'], // only after the lease: the task belongs to another environment
    conflict: ['conflicted'],
    fail: ['failed'],
    cancel: ['running', 'cancelled'], // a request, or the worker has stopped
    watch: ['running'], // its time was some minutes ago, and the sweep has found it
  },
  waiting: { resume: ['scheduled'], fail: ['failed'], cancel: ['cancelled'] },
  failed: { redrive: ['scheduled'] },
  conflicted: { redrive: ['scheduled'] },
  expired: { redrive: ['scheduled'] },
  cancelled: { redrive: ['scheduled'] },
  succeeded: {},
  skipped: {},
} as const satisfies Record<string, Readonly<Record<string, readonly string[]>>>

/** The state of a task. */
export type TaskState = keyof typeof transitions

type KeysOfEach<Union> = Union extends unknown ? keyof Union : never
/** The commands to an existing task. */
export type TaskVerb = KeysOfEach<(typeof transitions)[TaskState]>

/** The states that a verb can lead to from a state; empty when the verb is not allowed in that state. */
export const targets = (state: TaskState, verb: string): readonly TaskState[] =>
  (transitions[state] as Readonly<Record<string, readonly TaskState[]>>)[verb] ?? []

export const TASK_STATES = Object.keys(transitions) as readonly TaskState[]

/** Is the state open, so that the task has not ended? */
export const isOpen = (state: TaskState): boolean => state in { pending: 1, scheduled: 1, running: 1, waiting: 1 }

/** An input or output: on the row when it is small, otherwise the name of a write-once document. */
export type Payload = { readonly inline: Json } | { readonly document: string; readonly bytes: number }

/** Why an attempt or a task failed. */
export type TaskError = {
  readonly code: string
  readonly message: string
  readonly retriable: boolean
  /** The dead letter, when the task failed because of one. */
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
  /** On a redrive: the number of attempts made since the previous redrive. */
  readonly attemptsMade?: number
}

/** Which lifecycle events of a task are published to the bus. */
export type EventLevel = 'none' | 'terminal' | 'all'

/** The policy of a task, copied from its type and its request at creation. A later deployment does not change it. */
export type TaskPolicy = {
  readonly type: string
  /** Version of the type's payload schema. */
  readonly schema: number
  readonly lane: string
  readonly timeoutMs: DurationMs
  readonly retry: RetryPolicy
  /** Absent is `none`. */
  readonly events?: EventLevel
  /** The task's own gate: it limits the tasks with the same key. */
  readonly gate?: GateSpec
  /** Orders the waitlist of a gate. Absent is `normal`. */
  readonly priority?: Priority
}

/** The policy of a failure task. `failureField` is the field of the given input that gets the failure. */
export type FailurePolicy = TaskPolicy & { readonly input?: Payload; readonly failureField?: string }

/** A task: one instance of a task type for one tenant. Only the row has state; timers and messages only point to the row. */
export type TaskRow = Key &
  TaskPolicy & {
    readonly kind: 'task'
    readonly state: TaskState
    /** Rises by one with every commit; guards each write and orders events. */
    readonly version: number
    /** The version that armed the present wake-up. The timer's name and every nudge contain the epoch. */
    readonly epoch: number

    readonly createdAt: Instant
    readonly createdBy: string
    /** The environment of the task: a copy of the table must not run the task a second time. Absent is any environment. */
    readonly environmentId?: string
    /** The time of the last commit. */
    readonly updatedAt: Instant
    readonly startedAt?: Instant
    readonly finishedAt?: Instant

    /** The task never starts before this time. Lists are ordered by it. */
    readonly notBefore: Instant
    /** The next wake-up; absent when only a command can change the task. */
    readonly dueAt?: Instant
    /** The deadline of the first start: a task that has not started by then expires. Removed at the first start. */
    readonly expiresAt?: Instant
    /** The time of the last redrive. The age of the task counts from it. */
    readonly redrivenAt?: Instant

    /** Claimed executions since the creation or the last redrive. Epoch and attempt identify the claim. */
    readonly attempt: number
    /** Attempts among them whose worker was lost, or interrupted because its function had no time left. */
    readonly losses: number
    /** Attempts among them that ended with a snooze or a wait. */
    readonly snoozes: number
    /**
     * Attempts among them that were interrupted through no fault of the task: their process was told to stop, or the store did
     * not take their result. They are neither failed nor lost. Absent is none.
     */
    readonly interruptions?: number
    /** The same counts for the time before the last redrive, and the failure task of the last failure in that time. */
    readonly previousRuns?: {
      readonly attempts: number
      readonly losses: number
      readonly snoozes: number
      readonly interruptions?: number
      readonly failureTask?: string
    }
    /** The sweep has found the task unsettled after its time. From then on the watch index leads the sweep to the task. */
    readonly watched?: true
    /** Dead-lettered messages of the task since its last attempt started. */
    readonly redeliveries?: number
    readonly lease?: { readonly owner: string; readonly until: Instant }
    readonly cancelRequested?: true
    /** The gate at which the task is blocked. */
    readonly blocked?: GateRef
    /** The gates in which the task has, or may have, a place. */
    readonly gates?: readonly GateRef[]
    /** When the task was first blocked while it acquired its gates. Removed when an attempt starts. */
    readonly queuedAt?: Instant

    readonly input: Payload
    readonly output?: Payload
    readonly error?: TaskError
    readonly history: readonly HistoryEntry[]
    readonly tags?: readonly string[]
    /** The last bulk operation that changed the task. */
    readonly operation?: string
    /** The failure task, which is submitted when this task has failed. */
    readonly onFailure?: FailurePolicy
    /** The task whose failure this one handles. */
    readonly failureOf?: string
    /** The series that created the task. The end of the task is told to it. */
    readonly series?: SeriesRef
    /** Digest of the creating request's body and the id of that request, when it came with an idempotency key. */
    readonly requestDigest?: string
    /** The end of the retention: the store may delete the row from then on. */
    readonly forgetAt?: Instant
  }

/** The attempts that count against the retry policy. Lost workers, snoozes and interruptions are no failures and do not count. */
export const countedAttempts = (row: Pick<TaskRow, 'attempt' | 'losses' | 'snoozes' | 'interruptions'>): number =>
  row.attempt - row.losses - row.snoozes - (row.interruptions ?? 0)

/** Has the task never started? Attempts before a redrive count as a start. */
export const isUnstarted = ({ state, attempt, redrivenAt }: Pick<TaskRow, 'state' | 'attempt' | 'redrivenAt'>): boolean =>
  attempt === 0 && redrivenAt === undefined && (state === 'pending' || state === 'scheduled')

/** The id of the failure task for the failure in the present epoch. Repeated submits use the same id, so one task is created. */
export const failureTaskId = (row: Pick<TaskRow, 'id' | 'epoch'>): string => `${row.id}.f${row.epoch}`

/** The names of the documents of a row. */
export const documentsOf = (row: TaskRow): readonly string[] =>
  [row.input, row.output, row.onFailure?.input].flatMap((payload) => (payload && 'document' in payload ? [payload.document] : []))

/** Payloads of a row that were loaded from documents. */
export type Loaded = { readonly input?: Json; readonly output?: Json; readonly failureInput?: Json }

/** The origin of a dead letter or of an unreadable message. */
export type Provenance = {
  /** The queue: `lane:normal`, `timers`, `relay`, `publish`; or `lane` for a message that an executor could not read. */
  readonly source: string
  /** The number of deliveries. */
  readonly receives: number
  readonly reason?: string
  /** SHA-256 of the body in hex. It identifies the body without a copy of it. */
  readonly bodySha256: string
  /** When the dead letter or the unreadable message was found. */
  readonly at: Instant
}

/** The task type of rows that hold unreadable messages. */
export const QUARANTINE_TYPE = 'carillon.quarantine'

/** The fields that a command changes on an existing row. `wakes`: the wake-up is armed again. `drop`: fields to remove. */
export type TaskChange = Partial<TaskRow> & {
  readonly state: TaskRow['state']
  readonly wakes?: true
  readonly drop?: readonly (keyof TaskRow)[]
}
