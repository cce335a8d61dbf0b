import type { DurationMs } from '../duration.ts'
import { type Instant, iso } from '../instant.ts'
import type { TaskEventName } from './event-names.ts'
import { isOpen, type TaskRow } from './row.ts'

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
    ...(result ? { result } : {}),
    ...(reason ? { reason } : {}),
  }
}

/** How long ago that was. Two clocks may differ; a negative time would only puzzle. */
export const sinceThen = (then: Instant, now: Instant): DurationMs => Math.max(0, now - then)
