import type { Instant } from '../core/instant.ts'
import type { Command, Row } from '../core/kinds.ts'
import { shownError } from '../core/task/error.ts'
import { happened, type TaskEventName } from '../core/task/event.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { Writer } from './needs.ts'
import type { Metric } from './world.ts'

const COUNTED: Partial<Record<TaskEventName, Metric>> = { succeeded: 'Succeeded', failed: 'Failed', retried: 'Retried' }

/** One structured line for each transition, and the metrics that hang on it. */
export const report = (world: Pick<Writer, 'log' | 'meter'>, change: { before?: Row; after: Row }, command: Command): void => {
  if (change.after.kind !== 'task') return
  const before = change.before as TaskRow | undefined
  const { after } = change
  const name = happened(before, after)
  if (!name) return
  const of = { lane: after.lane, type: after.type }
  const metric = COUNTED[name]
  if (metric) world.meter.add(metric, 1, of)
  // The failure of a failure has nobody else who would hear of it.
  if (name === 'failed' && after.failureOf) world.meter.add('FailureTaskFailed', 1, of)
  const latenessMs = name === 'started' ? startLateness(before, after) : undefined
  if (latenessMs !== undefined) world.meter.add('StartLateness', latenessMs, of)
  const level = after.state === 'failed' ? 'error' : 'info'
  world.log[level](`task.${name}`, {
    tenant: after.tenant,
    taskId: after.id,
    ...of,
    state: after.state,
    version: after.version,
    epoch: after.epoch,
    attempt: after.attempt,
    by: command.by,
    ...correlation(before, after),
    ...(after.failureOf ? { failureOf: after.failureOf } : {}),
    ...(latenessMs === undefined ? {} : { latenessMs }),
    ...(name === 'started' ? {} : runTime(before, after)),
    ...(after.error ? { errorCode: after.error.code, errorMessage: shownError(after.error).message } : {}),
  })
}

/** What tells the lines of one attempt from all others: see `aboutAttempt`. */
const correlation = (before: TaskRow | undefined, after: TaskRow) => {
  const { lease = before?.lease } = after
  return lease ? { correlationId: lease.owner } : {}
}

/** How late an attempt started after its wake-up; a claim that took over a lost worker's task has no such time. */
const startLateness = (before: TaskRow | undefined, after: TaskRow): number | undefined =>
  before?.state === 'scheduled' && before.dueAt !== undefined ? sinceThen(before.dueAt, after.updatedAt) : undefined

const runTime = (before: TaskRow | undefined, after: TaskRow) =>
  before?.state === 'running' && after.state !== 'running' && after.startedAt !== undefined
    ? { executionMs: sinceThen(after.startedAt, after.updatedAt) }
    : {}

/** Two clocks may differ; a negative time would only puzzle. */
const sinceThen = (then: Instant, now: Instant): number => Math.max(0, now - then)
