import * as z from 'zod'
import { type Control, effectiveLimits, type GateLimits, type GateRow, type Pause } from '../../core/gate/row.ts'
import { iso } from '../../core/instant.ts'
import { reasonField } from '../../core/reading/fields.ts'
import { limitShape, limitView, writeLimit } from '../../core/reading/limit.ts'

const time = z.string().meta({ format: 'date-time' })
const reason = reasonField.optional().meta({ description: 'Shown in the explanation of tasks that do not run.' })

/** The body of `POST /v1/controls/{scope}/pause` and `…/resume`. */
export const controlReason = z.strictObject({ reason }).prefault({}).meta({ id: 'ControlReason' })

/** The body of `POST /v1/controls/{scope}/limit`. Without limits, those of task types and the deployment apply again. */
export const controlLimit = limitShape.extend({ reason }).prefault({}).meta({ id: 'ControlLimit' })

/** A count up to a bound. */
export const countView = z.object({
  count: z.int(),
  more: z.literal(true).optional().meta({ description: 'There are more than `count`.' }),
})
export type Count = z.output<typeof countView>

const pauseView = z.object({ at: time, by: z.string(), reason: z.string().optional() })

/** The state of a gate, of a scope or with a key. */
export const gateStateView = limitView.extend({
  declared: limitView
    .optional()
    .meta({ description: 'The limits of task types and the deployment, if a caller has set others.' }),
  paused: pauseView.optional(),
  inside: z.int().optional().meta({ description: 'Tasks that hold a place; absent without a limit on concurrency.' }),
  waiting: countView.meta({ description: 'Tasks in the waitlist.' }),
})

/** A scope and its state. */
export const controlView = z.object({ scope: z.string() }).extend(gateStateView.shape)
export type ControlView = z.output<typeof controlView>

/** `GET /v1/controls` */
export const controlList = z.object({ items: z.array(controlView) }).meta({ id: 'ControlList' })

/** The scope after a command. */
export const controlledScope = controlView
  .extend({
    changed: z.boolean().meta({ description: 'False if the scope was in this state already.' }),
  })
  .meta({ id: 'ControlledScope' })

/** A gate: its declared limits, its control, and its row if it has been used. */
export type GateState = {
  readonly limits: GateLimits
  readonly control?: Control | undefined
  readonly row?: GateRow | undefined
  readonly waiting: Count
}

/** Builds the view of the state of a gate. */
export const gateStateOf = ({ limits, control = {}, row, waiting }: GateState): z.output<typeof gateStateView> => {
  const effective = effectiveLimits({ limits, control })
  const isOverridden = control.limit !== undefined || control.rate !== undefined
  return {
    ...writeLimit(effective),
    ...(isOverridden ? { declared: writeLimit(limits) } : {}),
    ...(control.paused ? { paused: pauseOf(control.paused) } : {}),
    ...(effective.limit === undefined ? {} : { inside: row?.holders.length ?? 0 }),
    waiting,
  }
}

const pauseOf = ({ at, by, reason }: Pause) => ({
  at: iso(at),
  by,
  ...(reason ? { reason } : {}),
})
