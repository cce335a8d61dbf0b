import * as z from 'zod'
import { formatDuration } from '../../core/duration.ts'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { ACTIONS, type BulkOperation, type BulkResult, OPERATION_STATES } from '../../core/operation/row.ts'
import { durationField, errorCodeField, instantField, reasonField } from '../../core/reading/fields.ts'
import { rateView } from '../../core/reading/limit.ts'
import { TASK_STATES } from '../../core/task/row.ts'
import { refuseEmptySpan, taskFilter } from './queries.ts'

const time = z.string().meta({ format: 'date-time' })
const filterView = z.object({
  state: z.enum(TASK_STATES).optional(),
  type: z.string().optional(),
  tag: z.string().optional(),
  from: time.optional(),
  to: time.optional(),
  errorCode: z.string().optional(),
  all: z.literal(true).optional(),
})

/** A bulk operation. */
export const operationView = z
  .object({
    id: z.string(),
    tenant: z.string(),
    state: z.enum(OPERATION_STATES),
    action: z.enum(ACTIONS),
    filter: filterView,
    notBefore: time.optional(),
    spread: z.string().optional(),
    rate: rateView,
    dryRun: z.literal(true).optional(),
    reason: z.string().optional(),
    by: z.string(),
    startedAt: time,
    endedAt: time.optional(),
    dueAt: time.optional().meta({ description: 'The time of the next page; a past time if a page is being processed.' }),
    examined: z.int().meta({ description: 'Tasks that the operation has read.' }),
    matched: z.int().meta({ description: 'Tasks among these that match the filter and can take the action.' }),
    changed: z.int().meta({ description: 'Matched tasks that the action has changed.' }),
    refused: z
      .int()
      .meta({ description: 'Matched tasks that refused the action, mostly because their state had changed meanwhile.' }),
    abort: z
      .object({ at: time, by: z.string(), reason: z.string().optional() })
      .optional()
      .meta({ description: 'The caller of the abort. The current page is completed before the state becomes aborted.' }),
  })
  .meta({ id: 'Operation' })
export type OperationView = z.output<typeof operationView>

/** Builds the view of a bulk operation. */
export const operationOf = (row: BulkOperation): OperationView => ({
  id: row.id,
  tenant: row.tenant,
  state: row.state,
  action: row.action,
  filter: filterOf(row),
  ...(row.notBefore === undefined ? {} : { notBefore: iso(row.notBefore) }),
  ...(row.spreadMs === undefined ? {} : { spread: formatDuration(row.spreadMs) }),
  rate: { count: row.rate.count, per: formatDuration(row.rate.periodMs) },
  ...(row.dryRun ? { dryRun: true } : {}),
  ...(row.reason ? { reason: row.reason } : {}),
  by: row.by,
  startedAt: iso(row.startedAt),
  ...(row.endedAt === undefined ? {} : { endedAt: iso(row.endedAt) }),
  ...(row.dueAt === undefined ? {} : { dueAt: iso(row.dueAt) }),
  examined: row.examinedCount,
  matched: row.matchedCount,
  changed: row.changedCount,
  refused: row.refusedCount,
  ...(row.abort ? { abort: { ...row.abort, at: iso(row.abort.at) } } : {}),
})

const filterOf = ({ filter: { from, to, ...named } }: BulkOperation): OperationView['filter'] => {
  const filter = {
    ...named,
    ...(from === undefined ? {} : { from: iso(from) }),
    ...(to === undefined ? {} : { to: iso(to) }),
  }
  return Object.keys(filter).length > 0 ? filter : { all: true }
}

/** `GET /v1/operations`: a page, newest first. */
export const operationPage = z
  .object({ items: z.array(operationView), nextCursor: z.string().optional() })
  .meta({ id: 'OperationPage' })

const resultView = z.object({
  task: z.string(),
  at: time,
  result: z.enum(['changed', 'refused']),
  state: z.enum(TASK_STATES).optional().meta({ description: 'The state of the task after the command.' }),
  detail: z.string().optional().meta({ description: 'The reason of the refusal.' }),
})

/** `GET /v1/operations/{id}/tasks`: a page of the processed tasks, oldest first. */
export const resultPage = z.object({ items: z.array(resultView), nextCursor: z.string().optional() }).meta({ id: 'ResultPage' })

/** Builds the view of the result of one task. */
export const resultOf = (result: BulkResult): z.output<typeof resultView> => ({ ...result, at: iso(result.at) })

const FIELDS = ['state', 'type', 'tag', 'from', 'to', 'errorCode'] as const

const filterField = z
  .strictObject({
    ...taskFilter,
    errorCode: errorCodeField.optional().meta({ examples: ['DeadLettered'] }),
    all: z.literal(true).optional().meta({ description: 'All tasks of the tenant; instead of the other fields.' }),
  })
  .superRefine((filter, context) => {
    refuseEmptySpan(filter, context)
    const hasField = FIELDS.some((name) => filter[name] !== undefined)
    const refuse = (message: string) => context.addIssue({ code: 'custom', message, input: filter })
    if (!hasField && !filter.all) refuse(`the filter is empty; give at least one of ${FIELDS.join(', ')}, or "all": true`)
    if (hasField && filter.all) refuse('"all": true given together with another field; give one of them')
  })
  .transform(({ all: _, ...filter }) => filter)

/** The body of `POST /v1/operations`. */
export const startOperationRequest = z
  .strictObject({
    action: z.enum(ACTIONS).meta({ description: 'The command to each task that matches the filter and can take it.' }),
    filter: filterField.meta({ description: 'Tasks that match all given fields and were created before the operation.' }),
    notBefore: instantField.optional().meta({ description: 'For reschedule and ready: the new time.' }),
    delay: durationField(0, LIMITS.horizonMs).optional().meta({ description: 'Instead of notBefore: the time from now.' }),
    spread: durationField(1, LIMITS.horizonMs)
      .optional()
      .meta({ description: 'With notBefore or delay: spreads the new times over this duration after it.', examples: ['10m'] }),
    rate: z
      .strictObject({
        count: z.int().min(1).max(LIMITS.operationRateMostCount),
        per: durationField(LIMITS.operationRateLeastMs, LIMITS.operationRateMostMs),
      })
      .superRefine(({ count, per }, context) => {
        const most = Math.floor((LIMITS.operationPerSecondCount * per) / 1_000)
        if (count <= most) return
        const message = `${count} in this period are more than ${LIMITS.operationPerSecondCount} tasks a second; at most ${most} fit`
        context.addIssue({ code: 'custom', path: ['count'], message, input: count })
      })
      .optional()
      .meta({
        description: `The average number of tasks to process per period: at most ${LIMITS.operationPerSecondCount} a second. Default: ${LIMITS.operationRateCount} per minute.`,
        examples: [{ count: 100, per: '1m' }],
      }),
    dryRun: z.boolean().optional().meta({ default: false, description: 'Counts the matched tasks and changes none.' }),
    reason: reasonField.optional().meta({ description: 'Stored in the history of each task and in the audit.' }),
  })
  .superRefine(({ action, notBefore, delay, spread }, context) => {
    const refuse = (field: string, message: string, input: unknown) =>
      context.addIssue({ code: 'custom', path: [field], message, input })
    const isTimed = notBefore !== undefined || delay !== undefined
    const given = { notBefore, delay, spread }
    if (action !== 'reschedule' && action !== 'ready') {
      for (const [field, value] of Object.entries(given))
        if (value !== undefined) refuse(field, `given with ${action}; only reschedule and ready take a time`, value)
      return
    }
    if (action === 'reschedule' && !isTimed) refuse('notBefore', 'missing; a reschedule needs notBefore or delay', undefined)
    if (notBefore !== undefined && delay !== undefined) refuse('delay', 'given together with notBefore; give one of them', delay)
    if (spread !== undefined && !isTimed) refuse('spread', 'given without notBefore or delay; give one of them', spread)
  })
  .meta({ id: 'StartOperation' })
export type StartOperationRequest = z.output<typeof startOperationRequest>
