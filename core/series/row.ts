import type { DurationMs } from '../duration.ts'
import { digestOf } from '../hash.ts'
import type { Instant } from '../instant.ts'
import type { Cursor, Occurrence } from '../recurrence/next.ts'
import type { Schedule } from '../recurrence/schedule.ts'
import type { Key } from '../row/key.ts'
import type { CreateTask } from '../task/command.ts'
import type { TaskState } from '../task/row.ts'

/**
 * The states of a series.
 *
 * - `active`: it makes its occurrences.
 * - `paused`: a caller has paused it. It makes none until it is resumed.
 * - `failed`: an occurrence has failed, and the series has `stopOnError`. It makes none until it is resumed.
 * - `completed`: no occurrence follows: the recurrence, `endAt` or `maxOccurrences` has ended it.
 * - `deleted`: a caller has deleted it. A series that is defined again under the same id is a new one.
 */
export const SERIES_STATES = ['active', 'paused', 'failed', 'completed', 'deleted'] as const
/** The state of a series. */
export type SeriesState = (typeof SERIES_STATES)[number]

/** What happens to an occurrence that is due while the task of an earlier one has not ended. */
export const OVERLAPS = ['skip', 'bufferOne', 'bufferAll', 'cancelOther', 'allow'] as const
/**
 * An overlap policy, named as in Temporal.
 *
 * - `skip`: the occurrence is skipped.
 * - `bufferOne`: it starts when the task has ended; further ones are skipped.
 * - `bufferAll`: it starts when the tasks before it have ended, one after another, up to `LIMITS.seriesBufferCount`.
 * - `cancelOther`: the task is cancelled, and the occurrence starts when it has ended. Only the latest occurrence waits.
 * - `allow`: it starts beside the task, up to `LIMITS.seriesOpenCount`.
 */
export type Overlap = (typeof OVERLAPS)[number]

/** Which missed occurrences start after an outage or a pause. */
export const CATCH_UPS = ['none', 'last', 'all'] as const
/**
 * Catch-up after an outage or a pause. An occurrence is *missed* when it is more than `graceMs` late.
 *
 * - `none`: missed occurrences are skipped.
 * - `last`: the last one starts, unless a later occurrence is due as well.
 * - `all`: those of the last `windowMs` start in order, one after another (with overlap `allow`: at a pace).
 */
export type CatchUp = {
  readonly policy: (typeof CATCH_UPS)[number]
  readonly windowMs?: DurationMs
  readonly graceMs?: DurationMs
}

/** After `failures` failed occurrences in a row the series makes none for `periodMs`; then one, and more when it succeeds. */
export type CoolDown = { readonly failures: number; readonly periodMs: DurationMs }

/** The task that each occurrence creates: the fields of a request, resolved with its type when the series was defined. */
export type SeriesTask = Pick<CreateTask, 'policy' | 'input' | 'tags' | 'onFailure' | 'environmentId'> & {
  /** Counted from the time of the occurrence. */
  readonly expiresAfterMs?: DurationMs
}

/** What a caller defines. A later definition replaces all of it. */
export type SeriesDefinition = {
  readonly task: SeriesTask
  readonly schedule: Schedule
  readonly overlap: Overlap
  readonly catchUp: CatchUp
  /** The series completes after it has started so many scheduled occurrences. */
  readonly maxOccurrences?: number
  /** A failed occurrence stops the series, as in the job queue of Business Central. */
  readonly stopOnError?: true
  readonly coolDown?: CoolDown
  readonly description?: string
}

/** Why an occurrence has no task. `gap` and `holiday` come from the schedule. */
export const SKIP_REASONS = {
  overlap: 'the task of an earlier occurrence had not ended',
  replaced: 'a later occurrence has taken its place in the buffer',
  bufferFull: 'the buffer of waiting occurrences was full',
  tooManyOpen: 'too many tasks of the series had not ended',
  missed: 'the occurrence was late, and the catch-up policy does not start it',
  paused: 'the series was paused, and the catch-up policy does not start it',
  coolDown: 'the series had failed several times in a row',
  gap: 'the local time does not exist on this day',
  holiday: 'the time is excluded by a calendar of the series',
} as const satisfies Readonly<Record<string, string>>
/** A reason in `SKIP_REASONS`. */
export type SkipReason = keyof typeof SKIP_REASONS

/** Occurrences without a task: `count` of them with one reason, from the first to the last nominal time. */
export type Skipped = { readonly reason: SkipReason; readonly from: Instant; readonly to: Instant; readonly count: number }

/**
 * What started a run beside the schedule; absent for a scheduled occurrence. It starts with `t` for a trigger, and with `b` for
 * a backfill, and is a part of the task's id.
 */
export type RunId = string

/** An occurrence that waits in the buffer. */
export type Waiting = { readonly nominalAt: Instant; readonly run?: RunId }
/** An occurrence whose task has not ended. `cancelled`: the series has asked the task to cancel. */
export type Open = Waiting & { readonly task: string; readonly cancelled?: true }

/** A backfill: the occurrences of a past period, made now. */
export type Backfill = {
  readonly run: RunId
  /** The occurrences up to and including this cursor are made. */
  readonly cursor: Cursor
  /** The last possible nominal time. */
  readonly to: Instant
  readonly overlap: 'bufferAll' | 'allow'
}

/** A schedule that an edit has replaced, while occurrences up to the edit are still to be made. */
export type EarlierSchedule = { readonly schedule: Schedule; readonly until: Instant }

/**
 * A series creates a task for each occurrence of a schedule.
 *
 * 1. `next` is the next occurrence. The series is woken at its time, like a task.
 * 2. Then the series *settles*: it decides each occurrence that is due, in order: a task starts, the occurrence waits in the
 *    buffer, or it is skipped with a reason. `cursor` never goes back, so no occurrence is decided twice.
 * 3. The id of the task follows from the series and the nominal time, so a change that is relayed twice creates one task.
 * 4. The end of a task is told to the series. A waiting occurrence starts then, and a recurrence that counts from the end
 *    gets its next time.
 * 5. An edit first settles what was due before it. Occurrences after it follow the new schedule.
 */
export type SeriesRow = Key &
  SeriesDefinition & {
    readonly kind: 'series'
    readonly state: SeriesState
    readonly version: number
    /** The version that armed the present wake-up. */
    readonly epoch: number
    /** When the series was defined first, or again after it was deleted. The ids of its tasks contain it. */
    readonly createdAt: Instant
    readonly createdBy: string
    readonly updatedAt: Instant
    /** Counts the definitions. */
    readonly revision: number
    /** Absent while the next time follows from the end of a task that is open. */
    readonly cursor?: Cursor
    /** The next occurrence that is not decided; `leftOut` are the occurrences that the schedule itself has left out before it. */
    readonly next?: Pick<Occurrence, 'nominalAt' | 'at'>
    readonly leftOut?: readonly Skipped[]
    /** Schedules from before edits, oldest first. */
    readonly earlier?: readonly EarlierSchedule[]
    readonly open: readonly Open[]
    readonly buffer?: readonly Waiting[]
    readonly backfill?: Backfill
    /** No catch-up or backfill starts before this time. */
    readonly paceUntil?: Instant
    /** Scheduled occurrences whose task was started. */
    readonly startedCount: number
    readonly succeededCount: number
    readonly failedCount: number
    /** Occurrences without a task, by reason. */
    readonly skippedCounts?: Readonly<Partial<Record<SkipReason, number>>>
    readonly failuresInRow?: number
    readonly coolUntil?: Instant
    /** The last occurrence whose task has ended. */
    readonly last?: { readonly nominalAt: Instant; readonly task: string; readonly state: TaskState; readonly endedAt: Instant }
    /** The pause, or why the series has stopped. */
    readonly stopped?: { readonly at: Instant; readonly by: string; readonly reason?: string }
    /** The last pause that has ended. Occurrences within it are skipped as `paused`. */
    readonly lastPause?: { readonly from: Instant; readonly until: Instant }
    /** The occurrences that the last commit skipped. The relay lists them. */
    readonly skipped?: readonly Skipped[]
    /** The command of a caller that the last commit has decided. The relay writes it into the audit. */
    readonly audited?: { readonly command: string; readonly by: string; readonly reason?: string }
    readonly dueAt?: Instant
    readonly requestDigest?: string
    /** When the store may forget a deleted series. */
    readonly forgetAt?: Instant
  }

/**
 * The id of the task of an occurrence: the same for each repeat, another one for a series that was defined again.
 *
 * @example occurrenceTaskId({ tenant: 'acme', id: 'nightly', createdAt: 0 }, { nominalAt: 0 }) // "….0"
 */
export const occurrenceTaskId = (
  { tenant, id, createdAt }: Pick<SeriesRow, 'tenant' | 'id' | 'createdAt'>,
  { nominalAt, run }: Waiting,
): string => [digestOf(`${tenant}/${id}/${createdAt}`), nominalAt.toString(36), ...(run ? [run] : [])].join('.')
