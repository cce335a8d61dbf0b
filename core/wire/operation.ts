import * as z from 'zod'
import { formatDuration } from '../duration.ts'
import { iso } from '../instant.ts'
import { ACTIONS, OPERATION_STATES, type OperationRow, type Told } from '../operation/row.ts'
import { rateView } from '../reading/limit.ts'
import { TASK_STATES } from '../task/row.ts'

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
export const operationView = z.object({
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
  touched: z.int().meta({ description: 'Tasks among these that did what they were told.' }),
  refused: z.int().meta({ description: 'Tasks among these that did not: they had moved on meanwhile, most often.' }),
  abort: z
    .object({ at: time, by: z.string(), reason: z.string().optional() })
    .optional()
    .meta({ description: 'Who has aborted it. A page that is in hand is told to its end before the state says so.' }),
})
export type OperationView = z.output<typeof operationView>

/** An operation as wires show it. */
export const operationOf = (row: OperationRow): OperationView => ({
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
  touched: row.touchedCount,
  refused: row.refusedCount,
  ...(row.abort ? { abort: { ...row.abort, at: iso(row.abort.at) } } : {}),
})

const filterOf = ({ filter: { from, to, ...named } }: OperationRow): OperationView['filter'] => {
  const filter = {
    ...named,
    ...(from === undefined ? {} : { from: iso(from) }),
    ...(to === undefined ? {} : { to: iso(to) }),
  }
  return Object.keys(filter).length > 0 ? filter : { all: true }
}

/** `GET /v1/operations`: a page, the newest first. */
export const operationPage = z.object({ items: z.array(operationView), nextCursor: z.string().optional() })

const toldView = z.object({
  task: z.string(),
  at: time,
  result: z.enum(['touched', 'refused']),
  state: z.enum(TASK_STATES).optional().meta({ description: 'The state of the task then.' }),
  detail: z.string().optional().meta({ description: 'Why it was refused.' }),
})

/** `GET /v1/operations/{id}/tasks`: a page of what it has told, in the order in which it did. */
export const toldPage = z.object({ items: z.array(toldView), nextCursor: z.string().optional() })

/** What a task was told, as wires show it. */
export const toldOf = (told: Told): z.output<typeof toldView> => ({ ...told, at: iso(told.at) })
