import * as z from 'zod'
import { defined } from '../../core/defined.ts'
import { formatDuration } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import { writeGate } from '../../core/reading/gate.ts'
import { writeSchedule } from '../../core/recurrence/schedule.ts'
import { showInZone } from '../../core/recurrence/zone.ts'
import { writeRetry } from '../../core/retry/format.ts'
import type { Json } from '../../core/row/json.ts'
import { definitionOf } from '../../core/series/decide.ts'
import { SERIES_STATES, type SeriesRow, SKIP_REASONS, type Skipped } from '../../core/series/row.ts'
import { elapsedMs } from '../../core/task/event.ts'
import { isOpen, type Payload, TASK_STATES, type TaskRow } from '../../core/task/row.ts'
import { previewItem } from './series-preview.ts'

const time = z.string().meta({ format: 'date-time', description: "With the offset of the series' time zone." })

/** The states that the job queue of Business Central shows for such a series. */
export const JOB_QUEUE_STATUSES = ['Ready', 'In Process', 'Waiting', 'Error', 'On Hold', 'Finished'] as const

const skipReason = z.enum(Object.keys(SKIP_REASONS) as [keyof typeof SKIP_REASONS])

const runView = z.object({
  task: z.string(),
  nominalAt: time,
  run: z.string().optional().meta({ description: 'Present for a trigger (t…) or a backfill (b…).' }),
})

const definitionShape = z.looseObject({}).meta({ $ref: '#/components/schemas/DefineSeries' })

/** A series. */
export const seriesView = z
  .object({
    id: z.string(),
    tenant: z.string(),
    state: z.enum(SERIES_STATES),
    jobQueueStatus: z
      .enum(JOB_QUEUE_STATUSES)
      .meta({ description: 'The state in the words of the job queue of Business Central.' }),
    definition: definitionShape.meta({
      description: 'The definition, as PUT takes it. A large input is left out in lists; inputBytes is its size.',
    }),
    inputBytes: z.int().optional(),
    revision: z.int().meta({ description: 'Counts the definitions.' }),
    next: z
      .object({ nominalAt: time, at: time })
      .optional()
      .meta({ description: 'The next occurrence; absent while it follows from the end of an open task.' }),
    open: z.array(runView).meta({ description: 'Occurrences whose tasks have not ended.' }),
    waiting: z.array(runView.omit({ task: true })).meta({ description: 'Occurrences that wait for the end of an open task.' }),
    backfill: z.object({ run: z.string(), to: time }).optional(),
    started: z.int().meta({ description: 'Scheduled occurrences whose tasks were started.' }),
    succeeded: z.int(),
    failed: z.int(),
    skipped: z.partialRecord(skipReason, z.int()),
    failuresInRow: z.int(),
    coolDownUntil: time.optional(),
    last: z.object({ task: z.string(), nominalAt: time, state: z.enum(TASK_STATES), endedAt: time }).optional(),
    stopped: z
      .object({ at: time, by: z.string(), reason: z.string().optional() })
      .optional()
      .meta({ description: 'The pause, or why the series has stopped.' }),
    createdAt: time,
    createdBy: z.string(),
    updatedAt: time,
    version: z.int(),
  })
  .meta({ id: 'Series' })
export type SeriesView = z.output<typeof seriesView>

/** `GET /v1/series`: a page, by id. */
export const seriesPage = z.object({ items: z.array(seriesView), nextCursor: z.string().optional() }).meta({ id: 'SeriesPage' })

/** The body of `PATCH /v1/series/{id}`: any fields of the definition. The endpoint reads the merged definition. */
export const patchBody = z.looseObject({}).meta({ id: 'PatchSeries' })

/** Builds the view of a series. A large input is shown by its size when it is not given. */
export const seriesOf = (row: SeriesRow, input?: Json): SeriesView => {
  const { id, tenant, state, revision, next, open, buffer = [], backfill, last, stopped, coolUntil, task } = row
  const local = (at: Instant) => showInZone(row.schedule.timeZone, at)
  const isOmitted = input === undefined && 'document' in task.input
  return {
    id,
    tenant,
    state,
    jobQueueStatus: jobQueueStatusOf(row),
    definition: writeSeries(row, input),
    ...(isOmitted ? { inputBytes: (task.input as Extract<Payload, { document: string }>).bytes } : {}),
    revision,
    ...(next && state === 'active' ? { next: { nominalAt: local(next.nominalAt), at: local(next.at) } } : {}),
    open: open.map(({ task, nominalAt, run }) => ({ task, nominalAt: local(nominalAt), ...defined({ run }) })),
    waiting: buffer.map(({ nominalAt, run }) => ({ nominalAt: local(nominalAt), ...defined({ run }) })),
    ...(backfill ? { backfill: { run: backfill.run, to: local(backfill.to) } } : {}),
    started: row.startedCount,
    succeeded: row.succeededCount,
    failed: row.failedCount,
    skipped: { ...row.skippedCounts },
    failuresInRow: row.failuresInRow ?? 0,
    ...(coolUntil === undefined ? {} : { coolDownUntil: local(coolUntil) }),
    ...(last ? { last: { ...last, nominalAt: local(last.nominalAt), endedAt: local(last.endedAt) } } : {}),
    ...(stopped ? { stopped: { ...stopped, at: local(stopped.at) } } : {}),
    createdAt: local(row.createdAt),
    createdBy: row.createdBy,
    updatedAt: local(row.updatedAt),
    version: row.version,
  }
}

const jobQueueStatusOf = ({ state, open, buffer, coolUntil }: SeriesRow): (typeof JOB_QUEUE_STATUSES)[number] => {
  if (state === 'failed') return 'Error'
  if (state === 'paused') return 'On Hold'
  if (open.length > 0) return 'In Process'
  if (buffer || coolUntil !== undefined) return 'Waiting'
  return state === 'active' ? 'Ready' : 'Finished'
}

/** The definition of a series in the form that `PUT` takes. */
export const writeSeries = (row: SeriesRow, input?: Json): Record<string, unknown> => {
  const { task, schedule, overlap, catchUp, maxOccurrences, stopOnError, coolDown, description } = definitionOf(row)
  const { policy, onFailure, tags, expiresAfterMs } = task
  const { windowMs, graceMs } = catchUp
  const given = input === undefined && 'inline' in task.input ? task.input.inline : input
  return {
    type: policy.type,
    ...(given === undefined ? {} : { input: given }),
    ...writeSchedule(schedule),
    overlap,
    catchUp: {
      policy: catchUp.policy,
      ...(windowMs === undefined ? {} : { window: formatDuration(windowMs) }),
      ...(graceMs === undefined ? {} : { grace: formatDuration(graceMs) }),
    },
    ...defined({ maxOccurrences, stopOnError, description }),
    ...(coolDown ? { coolDown: { failures: coolDown.failures, period: formatDuration(coolDown.periodMs) } } : {}),
    timeout: formatDuration(policy.timeoutMs),
    ...(expiresAfterMs === undefined ? {} : { expiresAfter: formatDuration(expiresAfterMs) }),
    retry: writeRetry(policy.retry),
    lane: policy.lane,
    ...(policy.gate ? { gate: writeGate(policy.gate) } : {}),
    ...defined({ priority: policy.priority, tags }),
    ...(onFailure ? { onFailure: writeFailure(onFailure.type, onFailure.input) } : {}),
  }
}

const writeFailure = (type: string, input: Payload | undefined) =>
  input && 'inline' in input ? { type, input: input.inline } : type

/** An entry of the list of occurrences: a started one. */
export type StartedEntry = { readonly nominalAt: Instant; readonly at: Instant; readonly task: string; readonly run?: string }

const startedView = z.object({
  outcome: z.enum([...TASK_STATES, 'unknown']).meta({
    description: 'The present state of the task; unknown if its retention is over, or if it was not created yet.',
  }),
  nominalAt: time,
  at: time.meta({ description: 'When the series started the occurrence.' }),
  task: z.string(),
  run: z.string().optional(),
  startedAt: time.optional().meta({ description: 'When the first attempt started.' }),
  finishedAt: time.optional(),
  lateness: z
    .string()
    .optional()
    .meta({ description: 'From the nominal time to the start of the first attempt.', examples: ['120ms'] }),
})

const skippedView = z.object({
  outcome: z.literal('notStarted'),
  reason: skipReason,
  message: z.string(),
  nominalAt: time.meta({ description: 'The first nominal time.' }),
  until: time.meta({ description: 'The last nominal time.' }),
  count: z.int().meta({ description: 'How many occurrences were skipped for this reason in one decision.' }),
  at: time.meta({ description: 'When the series decided it.' }),
})

/** `GET /v1/series/{id}/occurrences`: a page, newest first. */
export const occurrencePage = z
  .object({ items: z.array(z.union([startedView, skippedView])), nextCursor: z.string().optional() })
  .meta({ id: 'OccurrencePage' })

/** Builds the view of a started occurrence. */
export const occurrenceOf = (
  { schedule }: SeriesRow,
  { nominalAt, at, task, run }: StartedEntry,
  row: TaskRow | undefined,
): z.output<typeof startedView> => {
  const local = (it: Instant) => showInZone(schedule.timeZone, it)
  const { startedAt, finishedAt } = row ?? {}
  const isFirst = row?.attempt === 1 && row.redrivenAt === undefined
  return {
    outcome: row?.state ?? 'unknown',
    nominalAt: local(nominalAt),
    at: local(at),
    task,
    ...defined({ run }),
    ...(startedAt === undefined ? {} : { startedAt: local(startedAt) }),
    ...(finishedAt === undefined || (row && isOpen(row.state)) ? {} : { finishedAt: local(finishedAt) }),
    ...(startedAt === undefined || !isFirst ? {} : { lateness: formatDuration(elapsedMs(nominalAt, startedAt)) }),
  }
}

/** Builds the view of skipped occurrences. */
export const skippedOf = (
  { schedule }: SeriesRow,
  { reason, from, to, count, at }: Skipped & { readonly at: Instant },
): z.output<typeof skippedView> => {
  const local = (it: Instant) => showInZone(schedule.timeZone, it)
  return {
    outcome: 'notStarted',
    reason,
    message: SKIP_REASONS[reason],
    nominalAt: local(from),
    until: local(to),
    count,
    at: local(at),
  }
}

/** `GET /v1/series/{id}/next` */
export const nextList = z.object({ items: z.array(previewItem) }).meta({ id: 'NextOccurrences' })

const explanationReason = z.object({
  code: z.string(),
  message: z.string(),
  until: z.string().meta({ format: 'date-time' }).optional(),
})

/** `GET /v1/series/{id}/explain` */
export const seriesExplanationView = z
  .object({
    series: z.string(),
    state: z.enum(SERIES_STATES),
    at: time,
    summary: z.string(),
    reasons: z.array(explanationReason),
    nextChangeAt: time.optional(),
  })
  .meta({ id: 'SeriesExplanation' })

/** The answer of `POST /v1/series/{id}/trigger`. */
export const triggeredView = z
  .object({
    run: z.string(),
    task: z.string().optional().meta({ description: 'The task; absent while the occurrence waits for the end of an open task.' }),
    waiting: z.boolean(),
    paused: z.boolean().meta({ description: 'The series is paused or has stopped, and makes no scheduled occurrences.' }),
    series: seriesView,
  })
  .meta({ id: 'Triggered' })

/** The answer of `POST /v1/series/{id}/backfill`. */
export const backfillView = z
  .object({
    run: z.string().optional().meta({ description: 'Absent for a dry run.' }),
    count: z.int(),
    first: z.array(time).meta({ description: 'The first nominal times.' }),
  })
  .meta({ id: 'Backfill' })
