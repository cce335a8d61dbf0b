import { defined } from '../core/defined.ts'
import { iso } from '../core/instant.ts'
import type { Command, Row } from '../core/kinds.ts'
import { startedRuns } from '../core/series/consequences.ts'
import type { SeriesRow } from '../core/series/row.ts'
import { shownError } from '../core/task/error.ts'
import { dimensionsOf, elapsedMs, eventNameOf, type TaskEventName } from '../core/task/event.ts'
import type { TaskRow } from '../core/task/row.ts'
import type { Writer } from './needs.ts'
import type { Metric } from './world.ts'

/** The metrics of each event. The other events are only logged, because each metric is billed for each lane and type. */
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

/** Writes the log lines of a change, and counts its metrics. */
export const report = (world: Pick<Writer, 'log' | 'meter'>, change: { before?: Row; after: Row }, command: Command): void => {
  if (change.after.kind === 'series') reportSeries(world, change.before as SeriesRow | undefined, change.after, command)
  if (change.after.kind === 'task') reportTask(world, { ...change, after: change.after }, command)
}

/** One line for each command of a caller, each started and each skipped occurrence. They name the series; the metric names only its type. */
const reportSeries = (
  { log, meter }: Pick<Writer, 'log' | 'meter'>,
  before: SeriesRow | undefined,
  after: SeriesRow,
  { name, by }: Command,
): void => {
  const { tenant, id, state, version, updatedAt, task, stopped } = after
  const fields = { tenant, seriesId: id, state, version, type: task.policy.type, by }
  if (after.audited) log.info(`series.${name}`, { ...fields, ...defined({ reason: after.audited.reason }) })
  for (const { nominalAt, task: taskId, run } of startedRuns(before, after)) {
    const latenessMs = run === undefined ? elapsedMs(nominalAt, updatedAt) : undefined
    log.info('series.started', { ...fields, taskId, nominalAt: iso(nominalAt), ...defined({ run, latenessMs }) })
  }
  for (const { reason, count, from, to } of after.skipped ?? []) {
    meter.add('OccurrencesSkipped', count, { lane: task.policy.lane, type: task.policy.type })
    log.warn('series.skipped', { ...fields, reason, count, from: iso(from), to: iso(to) })
  }
  if (state === 'failed' && before?.state !== 'failed')
    log.error('series.failed', { ...fields, ...defined({ reason: stopped?.reason }) })
}

/** Writes one structured log line for each transition of a task, and counts its metrics. */
const reportTask = (world: Pick<Writer, 'log' | 'meter'>, change: { before?: Row; after: TaskRow }, command: Command): void => {
  const before = change.before as TaskRow | undefined
  const { after } = change
  const name = eventNameOf(before, after)
  if (!name) return
  const dimensions = { lane: after.lane, type: after.type }
  for (const metric of counted[name] ?? []) world.meter.add(metric, 1, dimensions)
  // A task that is created as ready counts as ready too.
  if (!before && after.state === 'scheduled') world.meter.add('Ready', 1, dimensions)
  // A failure task has no failure task of its own, so its failure is counted and logged as an error here.
  const isFailureTaskLost = after.failureOf !== undefined && (name === 'failed' || name === 'conflicted')
  if (isFailureTaskLost) world.meter.add('FailureTaskFailed', 1, dimensions)
  const latenessMs = name === 'started' ? startLateness(before, after) : undefined
  if (latenessMs !== undefined) world.meter.add('StartLateness', latenessMs, dimensions)
  const correlationId = (after.lease ?? before?.lease)?.owner
  const level = after.state === 'failed' || isFailureTaskLost ? 'error' : 'info'
  world.log[level](`task.${name}`, {
    ...taskFields(after),
    ...dimensionsOf(name, before, after),
    by: command.by,
    ...(correlationId ? { correlationId } : {}),
    ...defined({ latenessMs }),
    ...(after.error ? { errorCode: after.error.code, errorMessage: shownError(after.error).message } : {}),
  })
}

/** Logs and counts a task that the store has deleted: once for each time that the change is relayed, usually once. */
export const reportRemoval = (world: Pick<Writer, 'log' | 'meter' | 'clock'>, row: TaskRow): void => {
  for (const metric of counted.removed ?? []) world.meter.add(metric, 1, { lane: row.lane, type: row.type })
  world.log.info('task.removed', {
    ...taskFields(row),
    ...dimensionsOf('removed', row, { ...row, updatedAt: world.clock.now() }),
  })
}

const taskFields = ({ tenant, id, lane, type, state, version, epoch, attempt, failureOf }: TaskRow) => ({
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

/** Milliseconds between the due time and the start. Undefined for a claim after a lost worker, which has no due time. */
const startLateness = (before: TaskRow | undefined, after: TaskRow): number | undefined =>
  before?.state === 'scheduled' && before.dueAt !== undefined ? elapsedMs(before.dueAt, after.updatedAt) : undefined
