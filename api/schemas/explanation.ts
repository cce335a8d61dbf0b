import * as z from 'zod'
import { type Instant, iso } from '../../core/instant.ts'
import { type Explanation, REASON_CODES } from '../../core/task/explain/reason.ts'
import { TASK_STATES, type TaskRow } from '../../core/task/row.ts'

const time = z.string().meta({ format: 'date-time' })

/** `GET /v1/tasks/{id}/explain` */
export const explanationView = z
  .object({
    task: z.string(),
    state: z.enum(TASK_STATES),
    at: time.meta({ description: 'The time of this explanation.' }),
    summary: z.string().meta({ description: 'One sentence: the state and the first reason.' }),
    reasons: z
      .array(
        z.looseObject({
          code: z.enum(REASON_CODES),
          message: z.string(),
          since: time.optional(),
          until: time.optional().meta({ description: 'When the reason ends, if that is known.' }),
        }),
      )
      .meta({
        description: 'Most important first. A reason can have further fields, such as position and holders at a busy gate.',
      }),
    nextChangeAt: time
      .optional()
      .meta({ description: 'The time of the next automatic change; absent if another task or a caller has to act first.' }),
  })
  .meta({ id: 'Explanation' })

/** Builds the view of an explanation. */
export const explanationOf = (
  { id, state }: TaskRow,
  at: Instant,
  { summary, reasons, nextChangeAt }: Explanation,
): z.output<typeof explanationView> => ({
  task: id,
  state,
  at: iso(at),
  summary,
  reasons: reasons.map(({ code, message, since, until, data }) => ({
    code,
    message,
    ...(since === undefined ? {} : { since: iso(since) }),
    ...(until === undefined ? {} : { until: iso(until) }),
    ...data,
  })),
  ...(nextChangeAt === undefined ? {} : { nextChangeAt: iso(nextChangeAt) }),
})
