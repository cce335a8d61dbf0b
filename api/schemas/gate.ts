import * as z from 'zod'
import { PRIORITIES } from '../../core/gate/row.ts'
import { gateStateView } from './controls.ts'

const time = z.string().meta({ format: 'date-time' })
const tenant = z.string().optional().meta({ description: 'Whose task it is, where the gate is that of all tenants.' })

/** `GET /v1/gates/{gate}` */
export const gateDetails = z
  .object({ gate: z.string() })
  .extend(gateStateView.shape)
  .extend({
    holders: z.array(
      z.object({
        task: z.string(),
        tenant,
        until: time.meta({ description: 'From then on the gate looks whether the task is still entitled to its place.' }),
        reserved: z.literal(true).optional().meta({ description: 'It has been called from the line, and has not started yet.' }),
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
      .meta({ description: 'The first of those who wait, in order.' }),
  })
  .meta({ id: 'Gate' })
export type GateDetails = z.output<typeof gateDetails>
