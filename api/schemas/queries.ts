import * as z from 'zod'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { errorCodeField, instantField, nameField, tagField } from '../../core/reading/fields.ts'
import { show } from '../../core/reading/messages.ts'
import { TASK_STATES } from '../../core/task/row.ts'

const limitField = z
  .string()
  .transform((text, context) => {
    const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0
    if (limit >= 1 && limit <= LIMITS.listPageCount) return limit
    const message = `${show(text)}; it must be a whole number from 1 to ${LIMITS.listPageCount}`
    context.addIssue({ code: 'custom', message, input: text })
    return z.NEVER
  })
  .meta({ type: 'integer', minimum: 1, maximum: LIMITS.listPageCount })

/** The parameters of every list. */
export const pageQuery = z.strictObject({
  limit: limitField.optional().meta({ default: LIMITS.listDefaultCount }),
  cursor: z
    .string()
    .min(1)
    .max(1_000)
    .optional()
    .meta({ description: 'The nextCursor of the page before; needs the same filters.' }),
})

/** Refuses a span of time that is empty. */
export const refuseEmptySpan = (
  { from, to }: { readonly from?: number | undefined; readonly to?: number | undefined },
  context: z.core.$RefinementCtx,
): void => {
  if (from === undefined || to === undefined || from < to) return
  context.addIssue({
    code: 'custom',
    path: ['to'],
    message: `${iso(to)}; it must be after from, which is ${iso(from)}`,
    input: to,
  })
}

/** The filter of tasks, in lists and in bulk operations. */
export const taskFilter = {
  state: z.enum(TASK_STATES).optional(),
  type: nameField.optional(),
  tag: tagField.optional(),
  from: instantField.optional().meta({ description: 'Tasks whose notBefore is at or after this time.' }),
  to: instantField.optional().meta({ description: 'Tasks whose notBefore is before this time.' }),
}

/** The query of `GET /v1/tasks`. */
export const taskQuery = z
  .strictObject({
    ...taskFilter,
    errorCode: errorCodeField.optional().meta({ description: 'Tasks with an error of this code.' }),
    ...pageQuery.shape,
  })
  .superRefine(refuseEmptySpan)
export type TaskQuery = z.output<typeof taskQuery>

/** The query of endpoints without parameters. */
export const emptyQuery = z.strictObject({})
