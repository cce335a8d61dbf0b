import { defined } from '../defined.ts'
import type { DurationMs } from '../duration.ts'
import { type Instant, iso } from '../instant.ts'
import { shownError } from './error.ts'
import { isOpen, type TaskRow } from './row.ts'

/** What can happen to a task, in the past tense, and what each one says. The one list behind log lines, metrics, events and the docs. */
export const taskEvents = {
  created: 'it exists: scheduled, or pending when it is not ready',
  'failure-task-created': 'it exists, and handles the failure of `failureOf`',
  quarantined: 'it exists, and holds a message that nobody could read',
  ready: 'a pending task may run at its time',
  rescheduled: 'it has another time',
  amended: 'a later request has replaced its input or its time',
  held: 'it does not run until it is made ready',
  blocked: 'it was due, and a gate on its way was busy',
  admitted: 'the gate has let it in',
  started: 'an attempt has begun',
  retried: 'an attempt has failed, and there will be another one',
  snoozed: 'it has put itself off',
  waiting: 'it waits for a signal',
  resumed: 'the signal has come',
  rearmed: 'a message or a worker of it was lost, and it is woken again',
  'cancel-requested': 'its worker has been asked to stop',
  succeeded: 'it is done',
  failed: 'it has failed, and there will be no further attempt',
  conflicted: 'something else was in its way',
  cancelled: 'it was cancelled',
  expired: 'it was not started in time',
  skipped: 'it was rightly left out',
  redriven: 'it has been given a fresh start',
  removed: 'its retention is over, and the store has forgotten it',
} as const satisfies Readonly<Record<string, string>>

/** The name of something that happened to a task. */
export type TaskEventName = keyof typeof taskEvents

/**
 * What log lines and events say of everything that happens to a task. Source: the dimensions of Business Central's
 * telemetry for its task scheduler.
 */
export type Dimensions = {
  /** The attempt in question: 0 is the first, also before it has begun. */
  readonly attemptNumber: number
  /** Was it created ready, or has been made so? */
  readonly ready: boolean
  /** ISO 8601. */
  readonly notBefore: string
  /** How long an attempt may take. */
  readonly timeoutMs: DurationMs
  /** Since its creation. */
  readonly totalMs: DurationMs
  /** How long the attempt took that is over with this. */
  readonly executionMs?: DurationMs
  /** What the task has come to, or the attempt that is over with this. */
  readonly result?: string
  /** Why, where somebody or an error has said so. */
  readonly reason?: string
}

/** The dimensions of something that happened to a row, which is now `after`. */
export const dimensionsOf = (name: TaskEventName, before: TaskRow | undefined, after: TaskRow): Dimensions => {
  const { state, updatedAt, startedAt, history } = after
  const attemptEnded = before?.state === 'running' && state !== 'running'
  const result = isOpen(state) ? (attemptEnded ? name : undefined) : state
  // The last line of a forgotten row is about its end.
  const reason = name === 'removed' ? undefined : history.at(-1)?.reason
  return {
    attemptNumber: Math.max(0, after.attempt - 1),
    ready: history.findLast((entry) => isOpen(entry.state))?.state !== 'pending',
    notBefore: iso(after.notBefore),
    timeoutMs: after.timeoutMs,
    totalMs: sinceThen(after.createdAt, updatedAt),
    ...(attemptEnded && startedAt !== undefined ? { executionMs: sinceThen(startedAt, updatedAt) } : {}),
    ...defined({ result }),
    ...(reason ? { reason } : {}),
  }
}

/** How long ago that was. Two clocks may differ; a negative time would only puzzle. */
export const sinceThen = (then: Instant, now: Instant): DurationMs => Math.max(0, now - then)

/** A lifecycle event in the shape of CloudEvents 1.0. `id` is the same however often it is published; `sequence` orders the events of one task. */
export type TaskEvent = {
  readonly specversion: '1.0'
  readonly id: string
  readonly source: string
  readonly type: string
  readonly subject: string
  readonly time: string
  readonly sequence: string
  readonly datacontenttype: 'application/json'
  readonly data: Readonly<Record<string, unknown>>
}

/** What a change amounts to; undefined for one that nobody needs to hear of (a second request to cancel). */
export const happened = (before: TaskRow | undefined, after: TaskRow): TaskEventName | undefined => {
  if (!before) return born(after)
  switch (after.state) {
    case 'scheduled':
      return scheduledAnew(before, after)
    case 'pending':
      return before.state === 'pending' ? 'amended' : 'held'
    case 'running':
      if (before.attempt !== after.attempt) return 'started'
      return after.cancelRequested && !before.cancelRequested ? 'cancel-requested' : undefined
    default:
      return after.state
  }
}

const born = (row: TaskRow): TaskEventName => {
  if (row.state === 'failed') return 'quarantined'
  return row.failureOf ? 'failure-task-created' : 'created'
}

const scheduledAnew = (before: TaskRow, after: TaskRow): TaskEventName => {
  if (before.state === 'pending') return 'ready'
  if (before.state === 'scheduled' && isAmended(before, after)) return 'amended'
  if (after.blocked) return 'blocked'
  if (before.blocked && after.gates) return 'admitted'
  if (before.state === 'scheduled') return (after.redeliveries ?? 0) > (before.redeliveries ?? 0) ? 'rearmed' : 'rescheduled'
  if (before.state === 'waiting') return 'resumed'
  if (before.state === 'running')
    return after.losses > before.losses ? 'rearmed' : after.snoozes > before.snoozes ? 'snoozed' : 'retried'
  return 'redriven'
}

/** Nothing else leaves a scheduled task its wake-up, or its place in a gate's line. One that is amended to another time is rescheduled. */
const isAmended = (before: TaskRow, after: TaskRow): boolean =>
  before.epoch === after.epoch || (after.blocked !== undefined && before.blocked === after.blocked)

/** The event of a change, if it is one. */
export const eventOf = (before: TaskRow | undefined, after: TaskRow): TaskEvent | undefined => {
  const name = happened(before, after)
  return name && tell(name, before, after)
}

/**
 * The event that a row has been forgotten. It comes when the store gets to it, minutes to days after the time that it
 * names, which is when the row was past its retention: only that is the same however often this is told.
 */
export const removalOf = (row: TaskRow): TaskEvent =>
  tell('removed', row, { ...row, version: row.version + 1, updatedAt: row.forgetAt ?? row.updatedAt })

const tell = (name: TaskEventName, before: TaskRow | undefined, after: TaskRow): TaskEvent => ({
  specversion: '1.0',
  id: `${after.id}-${after.version}`,
  source: `/carillon/tenants/${after.tenant}`,
  type: `carillon.task.${name}`,
  subject: after.id,
  time: iso(after.updatedAt),
  // CloudEvents' sequence extension compares texts, so the number is padded to a fixed width.
  sequence: String(after.version).padStart(10, '0'),
  datacontenttype: 'application/json',
  data: {
    tenant: after.tenant,
    id: after.id,
    taskType: after.type,
    state: after.state,
    version: after.version,
    attempt: after.attempt,
    ...dimensionsOf(name, before, after),
    ...(after.error ? { error: shownError(after.error) } : {}),
    ...(after.failureOf ? { failureOf: after.failureOf } : {}),
    ...defined({ tags: after.tags }),
  },
})
