import * as z from 'zod'
import { iso } from '../../core/instant.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { errorOf, errorView } from './error.ts'

/** A task that failed because its message became a dead letter. An unreadable message becomes a task of the tenant `carillon`. */
export const deadLetterView = z.object({
  task: z.string().meta({ description: 'GET /v1/tasks/{id} shows the task; POST /v1/tasks/{id}/redrive runs it again.' }),
  type: z.string(),
  lane: z.string(),
  attempt: z.int().meta({ description: 'Attempts that were made; 0 if the task never started.' }),
  notBefore: z.string().meta({ format: 'date-time' }),
  failedAt: z.string().meta({ format: 'date-time' }),
  error: errorView,
})

/** `GET /v1/dead-letters`: a page, newest time of the task first. */
export const deadLetterPage = z
  .object({ items: z.array(deadLetterView), nextCursor: z.string().optional() })
  .meta({ id: 'DeadLetterPage' })

/** Builds the view of a dead letter. */
export const deadLetterOf = (
  row: TaskRow & { readonly error: NonNullable<TaskRow['error']> },
): z.output<typeof deadLetterView> => ({
  task: row.id,
  type: row.type,
  lane: row.lane,
  attempt: row.attempt,
  notBefore: iso(row.notBefore),
  failedAt: iso(row.finishedAt ?? row.updatedAt),
  error: errorOf(row.error),
})
