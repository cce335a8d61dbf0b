import * as z from 'zod'
import type { AuditEntry } from '../../core/audit.ts'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { instantField } from '../../core/reading/fields.ts'
import { limitView, writeLimit } from '../../core/reading/limit.ts'
import { ONE_LINE, TASK_ID } from '../../core/reading/names.ts'
import { pageQuery, refuseEmptySpan } from './queries.ts'

/** The query of `GET /v1/audit`. */
export const auditQuery = z
  .strictObject({
    from: instantField.optional().meta({ description: 'Commands at or after this time.' }),
    to: instantField.optional().meta({ description: 'Commands before this time.' }),
    by: z
      .string()
      .min(1)
      .max(LIMITS.reasonCount)
      .regex(ONE_LINE)
      .optional()
      .meta({ description: 'The caller, directly or through a bulk operation.', examples: ['user:alice'] }),
    task: z.string().regex(TASK_ID).optional(),
    ...pageQuery.shape,
  })
  .superRefine(refuseEmptySpan)

const auditView = z.object({
  at: z.string().meta({ format: 'date-time' }),
  by: z.string(),
  command: z.string().meta({ description: 'The command: to a task, to a bulk operation, to a series, or to a scope.' }),
  task: z.string().optional(),
  operation: z.string().optional(),
  calendar: z.string().optional(),
  series: z.string().optional(),
  scope: z
    .string()
    .optional()
    .meta({ examples: ['tenant', 'type.copy', 'lane.low'] }),
  reason: z.string().optional(),
  from: z.string().optional().meta({ description: 'The state of the task before the command.' }),
  to: z.string().optional().meta({ description: 'The state of the task after the command.' }),
  notBefore: z
    .string()
    .optional()
    .meta({ format: 'date-time', description: 'The new time of the task, if the command changed it.' }),
  limit: limitView.optional(),
})

/** `GET /v1/audit`: a page, newest first. */
export const auditPage = z.object({ items: z.array(auditView), nextCursor: z.string().optional() }).meta({ id: 'AuditPage' })

/** Builds the view of an audit entry. */
export const auditOf = ({ at, notBefore, limits, ...entry }: AuditEntry): z.output<typeof auditView> => ({
  at: iso(at),
  ...entry,
  ...(notBefore === undefined ? {} : { notBefore: iso(notBefore) }),
  ...(limits ? { limit: writeLimit(limits) } : {}),
})
