import * as z from 'zod'
import { instantField, reasonField } from '../../core/reading/fields.ts'

const reason = reasonField.optional().meta({ description: 'Kept in the history and in the audit, beside who says it.' })

/** The body of `POST /v1/tasks/{id}/ready`. */
export const readyRequest = z
  .strictObject({
    notBefore: instantField.optional().meta({ description: 'Default: the time that the task has.' }),
    reason,
  })
  .prefault({})
  .meta({ id: 'ReadyTask' })

/** The body of `POST /v1/tasks/{id}/reschedule`. */
export const rescheduleRequest = z.strictObject({ notBefore: instantField, reason }).meta({ id: 'RescheduleTask' })

/** The body of commands that need none: it may be absent, or say why. */
export const reasonRequest = z.strictObject({ reason }).prefault({}).meta({ id: 'Reason' })
