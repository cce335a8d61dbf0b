import { defined } from '../defined.ts'
import type { DurationMs } from '../duration.ts'
import { type Instant, iso } from '../instant.ts'
import { reasonIn, shownError } from './error.ts'
import { type HistoryEntry, isOpen, type TaskRow } from './row.ts'

/** The lifecycle events of a task and their meanings. Log lines, metrics, events and the docs all use this list. */
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
  rearmed: 'a message or a worker was lost, or an attempt was interrupted; the task is woken again',
  watched: 'the task is not settled some minutes after its time; the sweep follows it',
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

/** The name of a lifecycle event. */
export type TaskEventName = keyof typeof taskEvents

/**
 * The dimensions that every log line and event of a task has. Source: the dimensions of Business Central's
 * telemetry for its task scheduler.
 */
export type Dimensions = {
  /** The number of the attempt, from 0. It is 0 before the first attempt too. */
  readonly attemptNumber: number
  /** Was the task created ready, or made ready later? */
  readonly ready: boolean
  /** ISO 8601. */
  readonly notBefore: string
  /** The timeout of an attempt. */
  readonly timeoutMs: DurationMs
  /** Time since the creation of the task. */
  readonly totalMs: DurationMs
  /** Duration of the attempt that this event ends. */
  readonly executionMs?: DurationMs
  /** The final state of the task, or the outcome of the attempt that this event ends. */
  readonly result?: string
  /** The reason of the actor, or the error. */
  readonly reason?: string
}

/** The dimensions of an event that changed a row to `after`. */
export const dimensionsOf = (name: TaskEventName, before: TaskRow | undefined, after: TaskRow): Dimensions => {
  const { state, updatedAt, startedAt, history } = after
  const attemptEnded = before?.state === 'running' && state !== 'running'
  const result = isOpen(state) ? (attemptEnded ? name : undefined) : state
  // The last history entry of a removed row is about the end of the task, not about the removal.
  const reason = name === 'removed' ? undefined : lastReason(history)
  return {
    attemptNumber: Math.max(0, after.attempt - 1),
    ready: history.findLast((entry) => isOpen(entry.state))?.state !== 'pending',
    notBefore: iso(after.notBefore),
    timeoutMs: after.timeoutMs,
    totalMs: elapsedMs(after.createdAt, updatedAt),
    ...(attemptEnded && startedAt !== undefined ? { executionMs: elapsedMs(startedAt, updatedAt) } : {}),
    ...defined({ result }),
    ...(reason ? { reason } : {}),
  }
}

const lastReason = (history: TaskRow['history']): string | undefined => {
  const last = history.at(-1)
  return last && reasonIn(last)
}

/** The time from `then` to `now`; 0 when the clocks differ and it would be negative. */
export const elapsedMs = (then: Instant, now: Instant): DurationMs => Math.max(0, now - then)

/** A lifecycle event in the shape of CloudEvents 1.0. `id` is the same each time the event is published; `sequence` orders the events of one task. */
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

/** The event of each command. The cancel of a running task and the creation of a failure task have other events. */
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
  watch: 'watched',
  succeed: 'succeeded',
  fail: 'failed',
  conflict: 'conflicted',
  cancel: 'cancelled',
  expire: 'expired',
  skip: 'skipped',
  redrive: 'redriven',
}

/** The name of the event of a change. Undefined for a second cancel request, which changes nothing. */
export const eventNameOf = (before: TaskRow | undefined, after: TaskRow): TaskEventName | undefined => {
  const command = after.history.at(-1)?.command
  if (command === undefined) return undefined
  if (command === 'create' && after.failureOf) return 'failure-task-created'
  if (command === 'cancel' && after.state === 'running') return before?.cancelRequested ? undefined : 'cancel-requested'
  return EVENTS[command]
}

/** The event of a change; undefined when the change has none. */
export const eventOf = (before: TaskRow | undefined, after: TaskRow): TaskEvent | undefined => {
  const name = eventNameOf(before, after)
  return name && eventNamed(name, before, after)
}

/**
 * The event of a removed row. Its time is the end of the retention, because that time is the same each time the event is
 * published. The store deletes the row minutes to days later.
 */
export const removalOf = (row: TaskRow): TaskEvent =>
  eventNamed('removed', row, { ...row, version: row.version + 1, updatedAt: row.forgetAt ?? row.updatedAt })

const eventNamed = (name: TaskEventName, before: TaskRow | undefined, after: TaskRow): TaskEvent => ({
  specversion: '1.0',
  id: `${after.id}-${after.version}`,
  source: `/carillon/tenants/${after.tenant}`,
  type: `carillon.task.${name}`,
  subject: after.id,
  time: iso(after.updatedAt),
  // The sequence extension of CloudEvents compares texts, so the number is padded to a fixed width.
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
