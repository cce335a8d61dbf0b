import * as z from 'zod'
import { instantField, reasonField } from '../../core/reading/fields.ts'

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
