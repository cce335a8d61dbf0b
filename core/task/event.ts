import { defined } from '../defined.ts'
import type { DurationMs } from '../duration.ts'
import { type Instant, iso } from '../instant.ts'
import { reasonIn, shownError } from './error.ts'
import { type HistoryEntry, isOpen, type TaskRow } from './row.ts'

/** What can happen to a task, in the past tense, and what each one says. The one list behind log lines, metrics, events and the docs. */
export const taskEvents = {
  created: 'the task exists: scheduled, or pending when it is not ready',
  'failure-task-created': 'the task exists; it handles the failure of `failureOf`',
  quarantined: 'the task exists; it holds an unreadable message',
  ready: 'a pending task may run at its time',
  rescheduled: 'the task has another time',
  amended: 'a later request has replaced its input or its time',
  held: 'the task does not run until it is made ready',
  blocked: 'the task was due, and a gate was full or paused',
  admitted: 'the gate has admitted the task',
  started: 'an attempt has started',
  retried: 'an attempt has failed; another attempt follows',
  snoozed: 'the handler asked to run later',
  waiting: 'the task waits for a signal',
  resumed: 'the signal has come',
  rearmed: 'a message or a worker was lost; the task is woken again',
  'cancel-requested': 'the worker has been asked to stop',
  succeeded: 'the task has succeeded',
  failed: 'the task has failed; no further attempt follows',
  conflicted: 'the handler reported a conflict',
  cancelled: 'the task was cancelled',
  expired: 'the task did not start in time',
  skipped: 'the task was skipped at a full gate',
  redriven: 'the task has a fresh start',
  removed: 'the retention is over, and the store has deleted the task',
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
  const reason = name === 'removed' ? undefined : lastReason(history)
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

const lastReason = (history: TaskRow['history']): string | undefined => {
  const last = history.at(-1)
  return last && reasonIn(last)
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

/** The event of each command. A cancel of a running task, and the creation of a failure task, have events of their own. */
const EVENTS: Readonly<Record<HistoryEntry['command'], TaskEventName>> = {
  create: 'created',
  quarantine: 'quarantined',
  ready: 'ready',
  hold: 'held',
  reschedule: 'rescheduled',
  amend: 'amended',
  claim: 'started',
  block: 'blocked',
  admit: 'admitted',
  retry: 'retried',
  snooze: 'snoozed',
  wait: 'waiting',
  resume: 'resumed',
  rearm: 'rearmed',
  succeed: 'succeeded',
  fail: 'failed',
  conflict: 'conflicted',
  cancel: 'cancelled',
  expire: 'expired',
  skip: 'skipped',
  redrive: 'redriven',
}

/** The name of a change: what its command did. Undefined for a second request to cancel, which changes nothing. */
export const happened = (before: TaskRow | undefined, after: TaskRow): TaskEventName | undefined => {
  const command = after.history.at(-1)?.command
  if (command === undefined) return undefined
  if (command === 'create' && after.failureOf) return 'failure-task-created'
  if (command === 'cancel' && after.state === 'running') return before?.cancelRequested ? undefined : 'cancel-requested'
  return EVENTS[command]
}

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
