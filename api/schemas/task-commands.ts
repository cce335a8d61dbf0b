import * as z from 'zod'
import { instantField, reasonField } from '../../core/reading/fields.ts'
import { REPLACEABLE } from '../../core/unique/policy.ts'
import { problemView } from './problem.ts'
import { taskView } from './task.ts'

const reason = reasonField.optional().meta({ description: 'Stored with the caller in the history and in the audit.' })

/** The body of `POST /v1/tasks/{id}/ready`. */
export const readyRequest = z
  .strictObject({
    notBefore: instantField.optional().meta({ description: 'Default: the current time of the task.' }),
    reason,
  })
  .prefault({})
  .meta({ id: 'ReadyTask' })

/** The body of `POST /v1/tasks/{id}/reschedule`. */
export const rescheduleRequest = z.strictObject({ notBefore: instantField, reason }).meta({ id: 'RescheduleTask' })

/** The optional body of commands that take only a reason. */
export const reasonRequest = z.strictObject({ reason }).prefault({}).meta({ id: 'Reason' })

/** `GET /v1/tasks`: a page. The last page has no `nextCursor`. */
export const taskPage = z.object({ items: z.array(taskView), nextCursor: z.string().optional() }).meta({ id: 'TaskPage' })

/** `POST /v1/tasks`: the task, and the reason if it existed already. */
export const createdTask = taskView
  .extend({
    duplicate: z.literal(true).optional().meta({ description: 'The task existed already; `unique` allows no second one.' }),
    debounced: z.literal(true).optional().meta({ description: 'The task existed already, and `debounce` has postponed it.' }),
    replaced: z
      .array(z.enum(REPLACEABLE))
      .optional()
      .meta({ description: 'The fields that the request has replaced; empty once the task has started.' }),
  })
  .meta({ id: 'CreatedTask' })

export type CreatedTask = z.output<typeof createdTask>

/** The result of a cancel: done, requested from a running worker, or too late. */
export const cancelResult = z.enum(['cancelled', 'cancelRequested', 'alreadyFinished'])
export type CancelResult = z.output<typeof cancelResult>

/** `POST /v1/tasks/{id}/cancel`: the task and the result of the cancel. */
export const cancelledTask = taskView.extend({ result: cancelResult }).meta({ id: 'CancelledTask' })

/** The answer of one entry of a batch: the status of a single request, and the task as in lists, or the problem. */
export const batchEntry = z.object({ status: z.int(), task: createdTask.optional(), error: problemView.optional() })
export type BatchEntry = z.output<typeof batchEntry>

/** `POST /v1/tasks/batch`: the answers in the order of the entries. */
export const batchResult = z.object({ items: z.array(batchEntry) }).meta({ id: 'BatchAnswer' })
