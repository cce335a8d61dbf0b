import * as z from 'zod'
import { LIMITS } from '../limits.ts'
import { refuseContradiction, scheduleFields } from '../recurrence/schedule.ts'
import { CATCH_UPS, OVERLAPS } from '../series/row.ts'
import { durationField, instantField, reasonField } from './fields.ts'
import { ONE_LINE } from './names.ts'
import { createTaskRequest } from './task-request.ts'

const { type, input, timeout, expiresAfter, retry, lane, gate, priority, tags, onFailure } = createTaskRequest.shape

const periodField = (leastMs: number) => durationField(leastMs, LIMITS.seriesPeriodMs)

export const overlapField = z.enum(OVERLAPS).meta({
  description:
    'What happens to an occurrence that is due while the task of an earlier one has not ended. skip: it is skipped. bufferOne: it starts after that task; further ones are skipped. bufferAll: they start one after another. cancelOther: that task is cancelled first. allow: it starts beside it.',
})

const catchUpField = z.strictObject({
  policy: z.enum(CATCH_UPS).meta({
    description:
      'Which missed occurrences start after an outage or a pause. none: they are skipped. last: the last one. all: those within the window, in order.',
  }),
  window: periodField(1_000)
    .optional()
    .meta({ description: 'For all: how far back. Default: 1d.', examples: ['12h'] }),
  grace: periodField(0).optional().meta({ description: 'An occurrence that is later than this is missed. Default: 1m.' }),
})

const coolDownField = z.strictObject({
  failures: z.int().min(1).max(LIMITS.seriesFailuresCount),
  period: periodField(1_000).meta({ examples: ['30m'] }),
})

/** The body of `PUT /v1/series/{id}`. */
export const seriesRequest = z
  .strictObject({
    type,
    input: input.optional().meta({ description: 'The input of each task. Default: null.' }),
    ...scheduleFields,
    overlap: overlapField.optional().meta({ default: 'skip' }),
    catchUp: catchUpField.optional().meta({ description: 'Default: { "policy": "last" }.' }),
    maxOccurrences: z.int().min(1).optional().meta({
      description: 'The series completes after it has started so many scheduled occurrences.',
    }),
    stopOnError: z.boolean().optional().meta({
      default: false,
      description: 'A failed occurrence stops the series until it is resumed, as in the job queue of Business Central.',
    }),
    coolDown: coolDownField.optional().meta({
      description: 'After so many failures in a row the series makes no occurrence for the period, and then one as a probe.',
    }),
    description: z.string().min(1).max(LIMITS.descriptionCount).regex(ONE_LINE).optional(),
    timeout,
    expiresAfter: expiresAfter.meta({
      description: 'Counted from the time of the occurrence. A task that has not started by then expires and never runs.',
    }),
    retry,
    lane,
    gate,
    priority,
    tags,
    onFailure,
  })
  .superRefine(refuseContradiction)
  .meta({ id: 'DefineSeries' })

/** A request to define a series. */
export type SeriesRequest = z.output<typeof seriesRequest>

/** The body of `POST /v1/series/{id}/trigger`. */
export const triggerRequest = z
  .strictObject({
    overlap: overlapField
      .optional()
      .meta({ description: 'Default: the policy of the series. skip refuses the trigger while a task is open.' }),
    reason: reasonField.optional(),
  })
  .meta({ id: 'TriggerSeries' })

/** The body of `POST /v1/series/{id}/backfill`. */
export const backfillRequest = z
  .strictObject({
    from: instantField.meta({ description: 'The first possible nominal time, inclusive.' }),
    to: instantField.meta({ description: 'The last possible nominal time, inclusive; not in the future.' }),
    overlap: z.enum(['bufferAll', 'allow']).optional().meta({
      default: 'bufferAll',
      description: 'bufferAll: one task after another. allow: beside each other, one a second.',
    }),
    dryRun: z.boolean().optional().meta({ default: false, description: 'Answers the occurrences and starts none.' }),
    reason: reasonField.optional(),
  })
  .meta({ id: 'BackfillSeries' })
