import * as z from 'zod'
import { REPLACEABLE } from '../../core/unique/policy.ts'
import { problemView } from './problem.ts'
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
export const batchEntry = z.object({ status: z.int(), task: createdTask.optional(), error: problemView.optional() })
export type BatchEntry = z.output<typeof batchEntry>

/** `POST /v1/tasks/batch`: the answers in the order of the entries. */
export const batchResult = z.object({ items: z.array(batchEntry) }).meta({ id: 'BatchAnswer' })
