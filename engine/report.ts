import { defined } from '../core/defined.ts'
import type { Command, Row } from '../core/kinds.ts'
import { shownError } from '../core/task/error.ts'
import { dimensionsOf, happened, sinceThen, type TaskEventName } from '../core/task/event.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { Writer } from './needs.ts'
import type { Metric } from './world.ts'

/** What is counted of what happens. Who cares for the rest has the log lines: each metric is billed for each lane and type. */
export const counted: Readonly<Partial<Record<TaskEventName, readonly Metric[]>>> = {
  created: ['Created'],
  'failure-task-created': ['Created', 'FailureTaskCreated'],
  ready: ['Ready'],
  blocked: ['Blocked'],
  started: ['Started'],
  retried: ['Retried'],
  succeeded: ['Succeeded'],
  failed: ['Failed'],
  conflicted: ['Conflicted'],
  cancelled: ['Cancelled'],
  expired: ['Expired'],
  removed: ['Removed'],
}

/** One structured line for each transition, and the metrics that hang on it. */
export const report = (world: Pick<Writer, 'log' | 'meter'>, change: { before?: Row; after: Row }, command: Command): void => {
  if (change.after.kind !== 'task') return
  const before = change.before as TaskRow | undefined
  const { after } = change
  const name = happened(before, after)
  if (!name) return
  const of = { lane: after.lane, type: after.type }
  for (const metric of counted[name] ?? []) world.meter.add(metric, 1, of)
  // Born ready is ready as well.
  if (!before && after.state === 'scheduled') world.meter.add('Ready', 1, of)
  // A failure task that comes to nothing has nobody else who would hear of it.
  const isUnheard = after.failureOf !== undefined && (name === 'failed' || name === 'conflicted')
  if (isUnheard) world.meter.add('FailureTaskFailed', 1, of)
  const latenessMs = name === 'started' ? startLateness(before, after) : undefined
  if (latenessMs !== undefined) world.meter.add('StartLateness', latenessMs, of)
  const correlationId = (after.lease ?? before?.lease)?.owner
  const level = after.state === 'failed' || isUnheard ? 'error' : 'info'
  world.log[level](`task.${name}`, {
    ...about(after),
    ...dimensionsOf(name, before, after),
    by: command.by,
    ...(correlationId ? { correlationId } : {}),
    ...defined({ latenessMs }),
    ...(after.error ? { errorCode: after.error.code, errorMessage: shownError(after.error).message } : {}),
  })
}

/** The line and the count of a task that the store has forgotten. As often as the change is relayed: once, mostly. */
export const reportRemoval = (world: Pick<Writer, 'log' | 'meter' | 'clock'>, row: TaskRow): void => {
  for (const metric of counted.removed ?? []) world.meter.add(metric, 1, { lane: row.lane, type: row.type })
  world.log.info('task.removed', { ...about(row), ...dimensionsOf('removed', row, { ...row, updatedAt: world.clock.now() }) })
}

const about = ({ tenant, id, lane, type, state, version, epoch, attempt, failureOf }: TaskRow) => ({
  tenant,
  taskId: id,
  lane,
  type,
  state,
  version,
  epoch,
  attempt,
  ...(failureOf ? { failureOf } : {}),
})

/** How late an attempt started after its wake-up; a claim that took over a lost worker's task has no such time. */
const startLateness = (before: TaskRow | undefined, after: TaskRow): number | undefined =>
  before?.state === 'scheduled' && before.dueAt !== undefined ? sinceThen(before.dueAt, after.updatedAt) : undefined
