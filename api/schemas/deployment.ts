import * as z from 'zod'
import { PRIORITIES } from '../../core/gate/row.ts'
import { retryShape } from '../../core/reading/fields.ts'
import { typeLimitView } from '../../core/reading/limit.ts'
import { onFailureField } from '../../core/reading/on-failure.ts'
import { uniqueShape } from '../../core/reading/unique.ts'

/** `GET /v1/health`. */
export const healthView = z
  .object({
    status: z.literal('ok'),
    versions: z.object({ carillon: z.string(), api: z.string() }),
    environmentId: z.string(),
    tenant: z.string().meta({ description: 'The tenant of the caller.' }),
    time: z.string().meta({ format: 'date-time' }),
    lanes: z.array(z.object({ name: z.string(), maxTimeout: z.string(), maxConcurrency: z.int() })),
    backlogAge: z.string().meta({
      description:
        'The age of the oldest overdue task of the tenant that a bounded search finds. The exact age can be higher; both are close if tasks run in the order of their times. 0s: no overdue task was found.',
      examples: ['0s'],
    }),
  })
  .meta({ id: 'Health' })

export type Health = z.output<typeof healthView>

/** A task type with the defaults of its tasks. */
export const taskTypeView = z.object({
  name: z.string(),
  description: z.string().optional(),
  version: z.int().meta({ description: 'Version of the input schema.' }),
  input: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the input.' }),
  timeout: z.string(),
  retry: retryShape,
  lane: z.string(),
  onFailure: onFailureField.optional(),
  failureField: z
    .string()
    .optional()
    .meta({ description: 'The field that gets the failure, when a failure task of this type has an input of its own.' }),
  expiresAfter: z.string().optional(),
  unique: uniqueShape.optional(),
  limit: typeLimitView.optional(),
  priority: z.enum(PRIORITIES).optional().meta({ description: 'Default: normal.' }),
  events: z.enum(['none', 'terminal', 'all']),
})

export type TaskTypeView = z.output<typeof taskTypeView>

/** `GET /v1/task-types`. */
export const taskTypeList = z.object({ items: z.array(taskTypeView) }).meta({ id: 'TaskTypes' })
