import * as z from 'zod'
import { PRIORITIES } from '../gate/row.ts'
import { LIMITS } from '../limits.ts'
import { durationField, instantField, nameField, retryField, tagField } from './fields.ts'
import { gateField } from './gate.ts'
import { debounceField, uniqueField } from './unique.ts'

const horizonField = (leastMs: number) => durationField(leastMs, LIMITS.horizonMs)

/** The body of `POST /v1/tasks`. */
export const createTaskRequest = z
  .strictObject({
    type: nameField.meta({ description: 'A registered task type; GET /v1/task-types lists them.', examples: ['http'] }),
    input: z.unknown().meta({ description: "Whatever the type's input schema takes." }),
    notBefore: instantField
      .optional()
      .meta({ description: 'The task runs at this time, never before it. A past time means now, which is also the default.' }),
    delay: horizonField(0).optional().meta({ description: 'Instead of notBefore: this long from now.' }),
    ready: z
      .boolean()
      .optional()
      .meta({ default: true, description: 'A task that is not ready exists and does not run until it is made ready.' }),
    timeout: durationField(1, LIMITS.horizonMs)
      .optional()
      .meta({ description: "How long one attempt may take; at most the lane's bound. Default: the type's." }),
    expiresAfter: horizonField(1).optional().meta({
      description:
        'Counted from notBefore (from now, when that is past): not started by then, it expires and never runs. Only the first start counts: retries may come later.',
    }),
    retry: retryField.optional().meta({ description: "When a failed attempt is made again. Default: the type's." }),
    lane: nameField.optional().meta({ description: "The queue and executor that run it. Default: the type's, else normal." }),
    unique: uniqueField.optional().meta({
      description:
        "No second task of its kind: a duplicate is answered with the existing one (200, duplicate: true). Default: the type's.",
    }),
    debounce: debounceField.optional().meta({
      description:
        'The last request wins: while the task has not started, each further one replaces its input and puts it off. Not together with unique, notBefore or delay.',
    }),
    gate: gateField
      .optional()
      .meta({ description: "Only so many of those with the same key at once, or in a period. Default: the type's." }),
    priority: z
      .enum(PRIORITIES)
      .optional()
      .meta({ description: "Who goes first where some have to wait at a gate. Default: the type's, else normal." }),
    tags: z.array(tagField).max(LIMITS.tagsCount).optional().meta({ description: 'Words to find the task by.' }),
    onFailure: nameField
      .optional()
      .meta({ description: "The task type to submit when this task has failed for good. Default: the type's." }),
  })
  .superRefine(({ notBefore, delay, debounce, unique }, context) => {
    const together = (field: string, input: unknown, other: string) =>
      context.addIssue({ code: 'custom', path: [field], message: `given together with ${other}; give one of them`, input })
    if (notBefore !== undefined && delay !== undefined) together('delay', delay, 'notBefore')
    if (debounce === undefined) return
    for (const [other, given] of Object.entries({ unique, notBefore, delay }))
      if (given !== undefined) together('debounce', debounce, other)
  })
  .meta({ id: 'CreateTask' })

export type CreateTaskRequest = z.output<typeof createTaskRequest>

/** The body of `POST /v1/tasks/batch`. Entries are read one by one, so that one bad entry does not stop the others. */
export const createTasksRequest = z
  .strictObject({
    tasks: z
      .array(z.unknown().meta({ $ref: '#/components/schemas/CreateTask' }))
      .min(1)
      .max(LIMITS.batchCount),
  })
  .meta({ id: 'CreateTasks' })
