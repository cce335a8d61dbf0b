import * as z from 'zod'
import { type Control, effectiveLimits, type GateLimits, type GateRow, type Pause } from '../../core/gate/row.ts'
import { iso } from '../../core/instant.ts'
import { reasonField } from '../../core/reading/fields.ts'
import { limitShape, limitView, writeLimit } from '../../core/reading/limit.ts'

const time = z.string().meta({ format: 'date-time' })
const reason = reasonField.optional().meta({ description: 'Shown to whoever asks why a task does not run.' })

/** The body of `POST /v1/controls/{scope}/pause` and `…/resume`. */
export const controlReason = z.strictObject({ reason }).prefault({}).meta({ id: 'ControlReason' })

/** The body of `POST /v1/controls/{scope}/limit`. Without terms: back to what task types and the deployment say. */
export const controlLimit = limitShape.extend({ reason }).prefault({}).meta({ id: 'ControlLimit' })

/** So many, as far as they were counted. */
export const countView = z.object({
  count: z.int(),
  more: z.literal(true).optional().meta({ description: 'There are more than these.' }),
})
export type Count = z.output<typeof countView>

const pauseView = z.object({ at: time, by: z.string(), reason: z.string().optional() })

/** How a gate stands, whether a scope's or one with a key of tasks' own. */
export const gateStateView = limitView.extend({
  declared: limitView
    .optional()
    .meta({ description: 'What task types and the deployment say, where people have said something else.' }),
  paused: pauseView.optional(),
  inside: z.int().optional().meta({ description: 'Tasks that hold a place; absent where places are not counted.' }),
  waiting: countView.meta({ description: 'Tasks that stand in line.' }),
})

/** A scope, and how it stands. */
export const controlView = z.object({ scope: z.string() }).extend(gateStateView.shape)
export type ControlView = z.output<typeof controlView>

/** `GET /v1/controls` */
export const controlList = z.object({ items: z.array(controlView) }).meta({ id: 'ControlList' })

/** What a command to a scope came to. */
export const controlledScope = controlView
  .extend({
    changed: z.boolean().meta({ description: 'False when it was so already.' }),
  })
  .meta({ id: 'ControlledScope' })

/** What is known of a gate: what is declared, what people have said, and its row, if it has ever been used. */
export type GateState = {
  readonly limits: GateLimits
  readonly control?: Control | undefined
  readonly row?: GateRow | undefined
  readonly waiting: Count
}

/** A gate's state as wires show it. */
export const gateStateOf = ({ limits, control = {}, row, waiting }: GateState): z.output<typeof gateStateView> => {
  const now = effectiveLimits({ limits: limits, control })
  const isSaid = control.limit !== undefined || control.rate !== undefined
  return {
    ...writeLimit(now),
    ...(isSaid ? { declared: writeLimit(limits) } : {}),
    ...(control.paused ? { paused: pauseOf(control.paused) } : {}),
    ...(now.limit === undefined ? {} : { inside: row?.holders.length ?? 0 }),
    waiting,
  }
}

const pauseOf = ({ at, by, reason }: Pause) => ({
  at: iso(at),
  by,
  ...(reason ? { reason } : {}),
})
