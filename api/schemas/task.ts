import * as z from 'zod'
import { defined } from '../../core/defined.ts'
import { formatDuration } from '../../core/duration.ts'
import { type GateRef, gateKey, PRIORITIES } from '../../core/gate/row.ts'
import { type Instant, iso } from '../../core/instant.ts'
import { retryShape } from '../../core/reading/fields.ts'
import { gateView, writeGate } from '../../core/reading/gate.ts'
import { writeRetry } from '../../core/retry/format.ts'
import type { Json } from '../../core/row/json.ts'
import { failureTaskId, type HistoryEntry, type Loaded, type Payload, TASK_STATES, type TaskRow } from '../../core/task/row.ts'
import { progressView } from './attempts.ts'
import { errorOf, errorView } from './error.ts'

const time = z.string().meta({ format: 'date-time' })
const state = z.enum(TASK_STATES)
const BESIDE =
  'that is kept beside the task because it is large: its size, in lists and batches, and where the document is forgotten already.'

const blockedView = z.object({
  gate: z.string().meta({ examples: ['key.environment:production', 'type.copy'] }),
  across: z.literal('all').optional().meta({ description: 'The gate is that of all tenants.' }),
  since: time,
})

/** A task as wires show it. Absent means absent, never null; times are ISO 8601 in UTC, durations such as `"5m"`. */
export const taskView = z
  .object({
    id: z.string(),
    tenant: z.string(),
    type: z.string(),
    state,
    notBefore: time.meta({ description: 'Never before this: the promise, and the place in lists.' }),
    dueAt: time.optional().meta({ description: 'The next wake-up; absent when only a command can move the task.' }),
    expiresAt: time
      .optional()
      .meta({ description: 'Not started by then, it expires. Absent once it has started for the first time.' }),
    attempt: z.int().meta({ description: 'Counts from 1; 0 before the first.' }),
    createdAt: time,
    startedAt: time.optional(),
    finishedAt: time.optional(),
    lane: z.string(),
    timeout: z.string(),
    retry: retryShape,
    gate: gateView.optional().meta({ description: 'Only so many of those with the same key at once, or in a period.' }),
    priority: z.enum(PRIORITIES).optional().meta({ description: 'Absent: normal.' }),
    blocked: blockedView.optional().meta({ description: 'It is due, and waits in line until this gate calls it.' }),
    input: z.unknown().optional(),
    output: z.unknown().optional(),
    inputBytes: z
      .int()
      .optional()
      .meta({ description: `Instead of an input ${BESIDE}` }),
    outputBytes: z
      .int()
      .optional()
      .meta({ description: `Instead of an output ${BESIDE}` }),
    error: errorView.optional(),
    history: z.array(z.object({ at: time, state, by: z.string(), reason: z.string().optional() })),
    tags: z.array(z.string()),
    onFailure: z
      .string()
      .optional()
      .meta({ description: 'The type of the task that is submitted when this one fails for good.' }),
    failureTask: z.string().optional().meta({ description: 'The id of the task that handles the failure of this one.' }),
    earlierFailureTask: z
      .string()
      .optional()
      .meta({ description: 'The id of the task that handled its last failure before it was redriven.' }),
    failureTaskState: state.optional().meta({ description: 'How that one stands; where a single task is asked for.' }),
    failureTaskError: errorView
      .optional()
      .meta({ description: 'Why that one failed, or fails so far; where a single task is asked for.' }),
    failureOf: z.string().optional().meta({ description: 'The id of the task whose failure this one handles.' }),
    cancelRequested: z.literal(true).optional(),
    progress: progressView
      .optional()
      .meta({ description: 'How far the running attempt has come; where a single task is asked for.' }),
    environmentId: z
      .string()
      .optional()
      .meta({ description: 'The environment that it belongs to: in a copy of that one it does not run.' }),
    version: z.int().meta({ description: 'Rises with every change.' }),
  })
  .meta({ id: 'Task' })
export type Task = z.output<typeof taskView>

/** A row as wires show it. A payload beside the row that is not among `loaded` is told by its size. */
export const taskOf = (row: TaskRow, loaded: Loaded = {}): Task => ({
  id: row.id,
  tenant: row.tenant,
  type: row.type,
  state: row.state,
  notBefore: iso(row.notBefore),
  ...when('dueAt', row.dueAt),
  ...when('expiresAt', row.expiresAt),
  attempt: row.attempt,
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
  ...(row.onFailure ? { onFailure: row.onFailure.type } : {}),
  ...(row.onFailure && row.state === 'failed' ? { failureTask: failureTaskId(row) } : {}),
  ...(row.previousRuns?.failureTask ? { earlierFailureTask: row.previousRuns.failureTask } : {}),
  ...(row.failureOf ? { failureOf: row.failureOf } : {}),
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

const payload = (name: 'input' | 'output', it: Payload, loaded: Json | undefined) => {
  if ('inline' in it) return { [name]: it.inline }
  return loaded === undefined ? { [`${name}Bytes`]: it.bytes } : { [name]: loaded }
}

const entry = ({ at, state, by, reason }: HistoryEntry) => ({ at: iso(at), state, by, ...(reason ? { reason } : {}) })
