import * as z from 'zod'
import { PRIORITIES } from '../../core/gate/row.ts'
import { retryShape } from '../../core/reading/fields.ts'
import { typeLimitView } from '../../core/reading/limit.ts'
import { uniqueShape } from '../../core/reading/unique.ts'
import { REPLACEABLE } from '../../core/unique/policy.ts'
import { problem } from './problem.ts'
import { taskView } from './task.ts'

/** `GET /v1/tasks`: a page. Without `nextCursor` it is the last one. */
export const taskPage = z.object({ items: z.array(taskView), nextCursor: z.string().optional() }).meta({ id: 'TaskPage' })

/** `POST /v1/tasks`: the task, and how it came about if it was there before. */
export const createdTask = taskView
  .extend({
    duplicate: z.literal(true).optional().meta({ description: 'It was there before, and is the only one of its kind.' }),
    debounced: z.literal(true).optional().meta({ description: 'It was there before, and has been put off.' }),
    replaced: z
      .array(z.enum(REPLACEABLE))
      .optional()
      .meta({ description: 'What the request replaced on it; nothing once it has started.' }),
  })
  .meta({ id: 'CreatedTask' })

export type CreatedTask = z.output<typeof createdTask>

/** What a cancel came to: done, asked of a running worker, or too late. */
export const cancelResult = z.enum(['cancelled', 'cancelRequested', 'alreadyFinished'])
export type CancelResult = z.output<typeof cancelResult>

/** `POST /v1/tasks/{id}/cancel`: the task, and what the cancel came to. */
export const cancelledTask = taskView.extend({ result: cancelResult }).meta({ id: 'CancelledTask' })

/** One entry's answer within a batch: the status that it would have had alone, and the task as in lists, or the problem. */
export const batchEntry = z.object({ status: z.int(), task: createdTask.optional(), error: problem.optional() })
export type BatchEntry = z.output<typeof batchEntry>

/** `POST /v1/tasks/batch`: the answers in the order of the entries. */
export const batchAnswer = z.object({ items: z.array(batchEntry) }).meta({ id: 'BatchAnswer' })

/** A task type as wires show it, with what its tasks get when they say nothing. */
export const taskType = z.object({
  name: z.string(),
  description: z.string().optional(),
  version: z.int().meta({ description: "Version of the input's schema." }),
  input: z.record(z.string(), z.unknown()).meta({ description: 'JSON Schema of the input.' }),
  timeout: z.string(),
  retry: retryShape,
  lane: z.string(),
  onFailure: z.string().optional(),
  expiresAfter: z.string().optional(),
  unique: uniqueShape.optional(),
  limit: typeLimitView.optional(),
  priority: z.enum(PRIORITIES).optional().meta({ description: 'Absent: normal.' }),
  events: z.enum(['none', 'terminal', 'all']),
})
export type TaskTypeView = z.output<typeof taskType>

/** `GET /v1/task-types`. */
export const taskTypes = z.object({ items: z.array(taskType) }).meta({ id: 'TaskTypes' })

/** `GET /v1/health`. */
export const health = z
  .object({
    status: z.literal('ok'),
    versions: z.object({ carillon: z.string(), api: z.string() }),
    environmentId: z.string(),
    time: z.string().meta({ format: 'date-time' }),
    lanes: z.array(z.object({ name: z.string(), maxTimeout: z.string(), maxConcurrency: z.int() })),
    backlogAge: z.string().meta({
      description:
        "How long the caller's oldest overdue task that a bounded search finds has been overdue: never more than the truth, and close to it when tasks are late in the order of their times. 0s: none was found.",
      examples: ['0s'],
    }),
  })
  .meta({ id: 'Health' })
export type Health = z.output<typeof health>
