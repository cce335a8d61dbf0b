import * as z from 'zod'
import { PRIORITIES } from '../gate/row.ts'
import { LIMITS } from '../limits.ts'
import { durationField, instantField, nameField, retryField, tagField } from './fields.ts'
import { gateField } from './gate.ts'
import { onFailureField } from './on-failure.ts'
import { debounceField, uniqueField } from './unique.ts'

const horizonField = (leastMs: number) => durationField(leastMs, LIMITS.horizonMs)

/** The body of `POST /v1/tasks`. */
export const createTaskRequest = z
  .strictObject({
    type: nameField.meta({ description: 'A registered task type; GET /v1/task-types lists them.', examples: ['http'] }),
    input: z.unknown().meta({ description: "A value that the type's input schema accepts." }),
    notBefore: instantField
      .optional()
      .meta({ description: 'The task starts at this time, never earlier. A past time means now. Default: now.' }),
    delay: horizonField(0).optional().meta({ description: 'The time from now until the task starts, instead of notBefore.' }),
    ready: z.boolean().optional().meta({
      default: true,
      description: 'A task with ready: false is created as pending and does not run until it is made ready.',
    }),
    timeout: durationField(1, LIMITS.horizonMs)
      .optional()
      .meta({ description: "The longest time of one attempt; at most the lane's limit. Default: the type's." }),
    expiresAfter: horizonField(1).optional().meta({
      description:
        'Counted from notBefore, or from now when that is past. A task that has not started by then expires and never runs. Retries may start later.',
    }),
    retry: retryField.optional().meta({ description: "When a failed attempt is repeated. Default: the type's." }),
    lane: nameField
      .optional()
      .meta({ description: "The queue and executor that run the task. Default: the type's, else normal." }),
    unique: uniqueField.optional().meta({
      description:
        "Rejects duplicates: a duplicate is answered with the existing task (200, duplicate: true). Default: the type's.",
    }),
    debounce: debounceField.optional().meta({
      description:
        'The last request wins: while the task has not started, each further request replaces its input and postpones it. Not together with unique, notBefore or delay.',
    }),
    gate: gateField
      .optional()
      .meta({ description: "Limits how many tasks with the same key run at once or start in a period. Default: the type's." }),
    priority: z
      .enum(PRIORITIES)
      .optional()
      .meta({ description: "The order of tasks on the waitlist of a gate. Default: the type's, else normal." }),
    tags: z
      .array(tagField)
      .max(LIMITS.tagsCount)
      .optional()
      .meta({ description: 'Words for filters of lists and bulk operations.' }),
    onFailure: onFailureField.optional().meta({
      description:
        "The failure task, which is submitted when this task has failed for good: its type, or its type and input. Default: the type's.",
    }),
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

/** The body of `POST /v1/tasks/batch`. Entries are read one by one, so an invalid entry does not stop the others. */
export const createTasksRequest = z
  .strictObject({
    tasks: z
      .array(z.unknown().meta({ $ref: '#/components/schemas/CreateTask' }))
      .min(1)
      .max(LIMITS.batchCount),
  })
  .meta({ id: 'CreateTasks' })
