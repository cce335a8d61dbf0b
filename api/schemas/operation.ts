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

/** An operation as wires show it. */
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
    dueAt: time.optional().meta({ description: 'When it goes on. A past time: it is being worked on.' }),
    examined: z.int().meta({ description: 'Tasks that were looked at.' }),
    matched: z.int().meta({ description: 'Tasks among them that are to be told.' }),
    changed: z.int().meta({ description: 'Tasks among these that did what they were told.' }),
    refused: z.int().meta({ description: 'Tasks among these that did not: they had moved on meanwhile, most often.' }),
    abort: z
      .object({ at: time, by: z.string(), reason: z.string().optional() })
      .optional()
      .meta({ description: 'Who has aborted it. A page that is in hand is told to its end before the state says so.' }),
  })
  .meta({ id: 'Operation' })
export type OperationView = z.output<typeof operationView>

/** An operation as wires show it. */
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

/** `GET /v1/operations`: a page, the newest first. */
export const operationPage = z
  .object({ items: z.array(operationView), nextCursor: z.string().optional() })
  .meta({ id: 'OperationPage' })

const resultView = z.object({
  task: z.string(),
  at: time,
  result: z.enum(['changed', 'refused']),
  state: z.enum(TASK_STATES).optional().meta({ description: 'The state of the task then.' }),
  detail: z.string().optional().meta({ description: 'Why it was refused.' }),
})

/** `GET /v1/operations/{id}/tasks`: a page of what it has told, in the order in which it did. */
export const resultPage = z.object({ items: z.array(resultView), nextCursor: z.string().optional() }).meta({ id: 'ResultPage' })

/** What a task was told, as wires show it. */
export const resultOf = (told: BulkResult): z.output<typeof resultView> => ({ ...told, at: iso(told.at) })

const FIELDS = ['state', 'type', 'tag', 'from', 'to', 'errorCode'] as const

const filterField = z
  .strictObject({
    ...taskFilter,
    errorCode: errorCodeField.optional().meta({ examples: ['DeadLettered'] }),
    all: z.literal(true).optional().meta({ description: 'Instead of any other field: every task of the tenant is meant.' }),
  })
  .superRefine((filter, context) => {
    refuseEmptySpan(filter, context)
    const names = FIELDS.some((name) => filter[name] !== undefined)
    const say = (message: string) => context.addIssue({ code: 'custom', message, input: filter })
    if (!names && !filter.all) say(`it names nothing; name at least one of ${FIELDS.join(', ')}, or say "all": true`)
    if (names && filter.all) say('it names something, and says "all": true as well; do one of them')
  })
  .transform(({ all: _, ...filter }) => filter)

/** The body of `POST /v1/operations`. */
export const startOperationRequest = z
  .strictObject({
    action: z.enum(ACTIONS).meta({ description: 'What every task is told that fits the filter, and that can be told so.' }),
    filter: filterField.meta({ description: 'Tasks that fit everything that is named, and were there before the operation.' }),
    notBefore: instantField.optional().meta({ description: 'Reschedule, ready: the new time.' }),
    delay: durationField(0, LIMITS.horizonMs).optional().meta({ description: 'Instead of notBefore: this long from now.' }),
    spread: durationField(1, LIMITS.horizonMs)
      .optional()
      .meta({ description: 'With either: the new times lie anywhere within this stretch behind it.', examples: ['10m'] }),
    rate: z
      .strictObject({
        count: z.int().min(1).max(LIMITS.operationRateMostCount),
        per: durationField(LIMITS.operationRateLeastMs, LIMITS.operationRateMostMs),
      })
      .optional()
      .meta({
        description: `So many tasks are told in such a time, on average. Default: ${LIMITS.operationRateCount} a minute.`,
        examples: [{ count: 100, per: '1m' }],
      }),
    dryRun: z.boolean().optional().meta({ default: false, description: 'Counts what would be told, and tells nobody anything.' }),
    reason: reasonField.optional().meta({ description: 'Kept in the history of every task, and in the audit.' }),
  })
  .superRefine(({ action, notBefore, delay, spread }, context) => {
    const say = (field: string, message: string, input: unknown) =>
      context.addIssue({ code: 'custom', path: [field], message, input })
    const isTimed = notBefore !== undefined || delay !== undefined
    const given = { notBefore, delay, spread }
    if (action !== 'reschedule' && action !== 'ready') {
      for (const [field, value] of Object.entries(given))
        if (value !== undefined) say(field, `given with ${action}; only reschedule and ready take a time`, value)
      return
    }
    if (action === 'reschedule' && !isTimed) say('notBefore', 'missing; a reschedule needs notBefore or delay', undefined)
    if (notBefore !== undefined && delay !== undefined) say('delay', 'given together with notBefore; give one of them', delay)
    if (spread !== undefined && !isTimed)
      say('spread', 'given without notBefore or delay, behind which the times would lie', spread)
  })
  .meta({ id: 'StartOperation' })
export type StartOperationRequest = z.output<typeof startOperationRequest>
