import * as z from 'zod'
import { PRIORITIES } from '../../core/gate/row.ts'
import { gateStateView } from './controls.ts'

const time = z.string().meta({ format: 'date-time' })
const tenant = z.string().optional().meta({ description: 'The tenant of the task, if the gate belongs to all tenants.' })

/** `GET /v1/gates/{gate}` */
export const gateDetails = z
  .object({ gate: z.string() })
  .extend(gateStateView.shape)
  .extend({
    holders: z.array(
      z.object({
        task: z.string(),
        tenant,
        until: time.meta({ description: 'From this time on the gate checks whether the task still holds its place.' }),
        reserved: z
          .literal(true)
          .optional()
          .meta({ description: 'The place is reserved: the task has been admitted from the waitlist and has not started yet.' }),
      }),
    ),
    waitlist: z
      .array(
        z.object({
          position: z.int(),
          task: z.string(),
          tenant,
          priority: z.enum(PRIORITIES),
          since: time,
        }),
      )
      .meta({ description: 'The start of the waitlist, in order.' }),
  })
  .meta({ id: 'Gate' })
export type GateDetails = z.output<typeof gateDetails>
