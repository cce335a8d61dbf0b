import * as z from 'zod'
import { iso } from '../../core/instant.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { errorOf, errorView } from './error.ts'

/** A task that ended because what was to wake it died. An unreadable message is a task of its own, of tenant `carillon`. */
export const deadLetterView = z.object({
  task: z.string().meta({ description: 'GET /v1/tasks/{id} shows the rest; POST /v1/tasks/{id}/redrive runs it after all.' }),
  type: z.string(),
  lane: z.string(),
  attempt: z.int().meta({ description: 'Attempts that had been made; 0: it never started.' }),
  notBefore: z.string().meta({ format: 'date-time' }),
  failedAt: z.string().meta({ format: 'date-time' }),
  error: errorView,
})

/** `GET /v1/dead-letters`: a page, the newest first by the time that their tasks were for. */
export const deadLetterPage = z
  .object({ items: z.array(deadLetterView), nextCursor: z.string().optional() })
  .meta({ id: 'DeadLetterPage' })

/** A dead letter as wires show it. */
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
