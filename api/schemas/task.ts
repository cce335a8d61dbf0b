import * as z from 'zod'
import { defined } from '../../core/defined.ts'
import { formatDuration } from '../../core/duration.ts'
import { type GateRef, gateKey, PRIORITIES } from '../../core/gate/row.ts'
import { type Instant, iso } from '../../core/instant.ts'
import { retryShape } from '../../core/reading/fields.ts'
import { gateView, writeGate } from '../../core/reading/gate.ts'
import { writeRetry } from '../../core/retry/format.ts'
import type { Json } from '../../core/row/json.ts'
import { reasonIn } from '../../core/task/error.ts'
import {
  type FailurePolicy,
  failureTaskId,
  type HistoryEntry,
  type Loaded,
  type Payload,
  TASK_STATES,
  type TaskRow,
} from '../../core/task/row.ts'
import { progressView } from './attempts.ts'
import { errorOf, errorView } from './error.ts'

const time = z.string().meta({ format: 'date-time' })
const state = z.enum(TASK_STATES)
const STORED_BESIDE =
  'that is stored beside the task because of its size: the size in bytes, in lists and batches, and after the document has expired.'

const blockedView = z.object({
  gate: z.string().meta({ examples: ['key.environment:production', 'type.copy'] }),
  across: z.literal('all').optional().meta({ description: 'The gate belongs to all tenants.' }),
  since: time,
})

/** A task. An absent field is omitted, never null. Times are ISO 8601 in UTC; durations are texts such as `"5m"`. */
export const taskView = z
  .object({
    id: z.string(),
    tenant: z.string(),
    type: z.string(),
    state,
    notBefore: time.meta({ description: 'The task never starts before this time. Lists are in the order of this field.' }),
    dueAt: time.optional().meta({ description: 'The time of the next wake-up; absent if only a command can change the task.' }),
    expiresAt: time
      .optional()
      .meta({ description: 'A task that has not started by this time expires. Absent after the first start.' }),
    attempt: z.int().meta({ description: 'Starts at 1; 0 before the first attempt.' }),
    losses: z
      .int()
      .optional()
      .meta({ description: 'Attempts among them whose worker was lost, if any. They have a budget of their own.' }),
    interruptions: z.int().optional().meta({
      description: 'Attempts among them that a stop of their process or the store interrupted, if any. They use up no budget.',
    }),
    createdAt: time,
    startedAt: time.optional(),
    finishedAt: time.optional(),
    lane: z.string(),
    timeout: z.string(),
    retry: retryShape,
    gate: gateView.optional().meta({ description: 'Limits the tasks with the same key, at once or per period.' }),
    priority: z.enum(PRIORITIES).optional().meta({ description: 'Default: normal.' }),
    blocked: blockedView.optional().meta({ description: 'The task is due and waits in the waitlist of this gate.' }),
    input: z.unknown().optional(),
    output: z.unknown().optional(),
    inputBytes: z
      .int()
      .optional()
      .meta({ description: `Instead of an input ${STORED_BESIDE}` }),
    outputBytes: z
      .int()
      .optional()
      .meta({ description: `Instead of an output ${STORED_BESIDE}` }),
    error: errorView.optional(),
    history: z.array(
      z.object({
        at: time,
        state: state.meta({ description: 'The state after the command.' }),
        by: z.string(),
        command: z.string(),
        code: z.string().optional().meta({ description: 'Code of the error that the command brought.' }),
        reason: z.string().optional(),
      }),
    ),
    tags: z.array(z.string()),
    onFailure: z
      .union([z.string(), z.object({ type: z.string(), input: z.unknown().optional(), inputBytes: z.int().optional() })])
      .optional()
      .meta({
        description:
          'The failure task, which is created when this task fails: its type, or its type with its given input (inputBytes: see there).',
      }),
    failureTask: z.string().optional().meta({ description: 'The id of the failure task.' }),
    earlierFailureTask: z
      .string()
      .optional()
      .meta({ description: 'The id of the failure task of the last run before the redrive.' }),
    failureTaskState: state.optional().meta({ description: 'The state of the failure task; only in GET /v1/tasks/{id}.' }),
    failureTaskError: errorView
      .optional()
      .meta({ description: 'The last error of the failure task; only in GET /v1/tasks/{id}.' }),
    failureOf: z.string().optional().meta({ description: 'The id of the failed task that this task handles.' }),
    series: z
      .object({ id: z.string(), nominalAt: time, run: z.string().optional() })
      .optional()
      .meta({ description: 'The series that created the task, and its occurrence.' }),
    cancelRequested: z.literal(true).optional(),
    progress: progressView.optional().meta({ description: 'The progress of the running attempt; only in GET /v1/tasks/{id}.' }),
    environmentId: z
      .string()
      .optional()
      .meta({ description: 'The environment of the task. The task does not run in a copy of that environment.' }),
    version: z.int().meta({ description: 'Increases with every change.' }),
  })
  .meta({ id: 'Task' })
export type Task = z.output<typeof taskView>

/** Builds the view of a row. A payload beside the row that is not in `loaded` is shown by its size. */
export const taskOf = (row: TaskRow, loaded: Loaded = {}): Task => ({
  id: row.id,
  tenant: row.tenant,
  type: row.type,
  state: row.state,
  notBefore: iso(row.notBefore),
  ...when('dueAt', row.dueAt),
  ...when('expiresAt', row.expiresAt),
  attempt: row.attempt,
  ...(row.losses > 0 ? { losses: row.losses } : {}),
  ...(row.interruptions ? { interruptions: row.interruptions } : {}),
  createdAt: iso(row.createdAt),
  ...when('startedAt', row.startedAt),
  ...when('finishedAt', row.finishedAt),
  lane: row.lane,
  timeout: formatDuration(row.timeoutMs),
  retry: writeRetry(row.retry),
  ...(row.gate ? { gate: writeGate(row.gate) } : {}),
  ...defined({ priority: row.priority }),
  ...(row.blocked ? { blocked: blockedAt(row.blocked, row) } : {}),
  ...payload('input', row.input, loaded.input),
  ...(row.output ? payload('output', row.output, loaded.output) : {}),
  ...(row.error ? { error: errorOf(row.error) } : {}),
  history: row.history.map(entry),
  tags: [...(row.tags ?? [])],
  ...(row.onFailure ? { onFailure: failureOf(row.onFailure, loaded.failureInput) } : {}),
  ...(row.onFailure && row.state === 'failed' ? { failureTask: failureTaskId(row) } : {}),
  ...(row.previousRuns?.failureTask ? { earlierFailureTask: row.previousRuns.failureTask } : {}),
  ...(row.failureOf ? { failureOf: row.failureOf } : {}),
  ...(row.series ? { series: { ...row.series, nominalAt: iso(row.series.nominalAt) } } : {}),
  ...(row.cancelRequested ? { cancelRequested: true } : {}),
  ...(row.environmentId ? { environmentId: row.environmentId } : {}),
  version: row.version,
})

const blockedAt = (gate: GateRef, { tenant, queuedAt, updatedAt }: TaskRow): z.output<typeof blockedView> => {
  const { tenant: owner, id } = gateKey(gate)
  return { gate: id, ...(owner === tenant ? {} : { across: 'all' }), since: iso(queuedAt ?? updatedAt) }
}

const when = <Name extends string>(name: Name, at: Instant | undefined): { readonly [N in Name]?: string } =>
  at === undefined ? {} : ({ [name]: iso(at) } as { readonly [N in Name]: string })

const payload = (name: 'input' | 'output', stored: Payload, loaded: Json | undefined) => {
  if ('inline' in stored) return { [name]: stored.inline }
  return loaded === undefined ? { [`${name}Bytes`]: stored.bytes } : { [name]: loaded }
}

const failureOf = ({ type, input }: FailurePolicy, loaded: Json | undefined): Task['onFailure'] =>
  input ? { type, ...payload('input', input, loaded) } : type

const entry = (entry: HistoryEntry) => {
  const { at, state, by, command, code } = entry
  return { at: iso(at), state, by, command, ...defined({ code, reason: reasonIn(entry) }) }
}
