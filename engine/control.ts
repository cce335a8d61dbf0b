import type { Refusal } from '../core/refusal.ts'
import type { Nudge } from '../core/row/nudge.ts'
import type { ControlApp } from './app.ts'
import { turnGate } from './gate/dispatch.ts'
import type { Delivery, Message } from './message.ts'
import type { Needs } from './needs.ts'
import { operate } from './operations.ts'
import { answer, receive } from './receive.ts'

/** Does what a row of some kind is woken for; answers why there was nothing to do. */
type Turn = (world: Needs<'control'>, app: ControlApp, nudge: Nudge) => Promise<Refusal | undefined>

/** Who looks after each kind of row that is no task. */
const turns = {
  gate: (world, _, nudge) => turnGate(world, nudge),
  operation: operate,
} as const satisfies Partial<Record<Nudge['kind'], Turn>>

/**
 * What the control lane does with a message: parse → early? send on → turn the gate, or go on with the operation, that it
 * names. Carillon's own work, on a lane of its own, so that no crowd of tasks can hold up what makes room for them.
 *
 * @throws a fault of the world; the message then comes back by itself
 */
export const control = async (world: Needs<'control'>, app: ControlApp, message: Message): Promise<Delivery> => {
  const nudge = await receive(world, app, message, { kinds: Object.keys(turns) as (keyof typeof turns)[], by: 'system:control' })
  if (!nudge) return { delivery: 'acknowledge' }
  const no = await turns[nudge.kind as keyof typeof turns](world, app, nudge)
  return no ? answer(world, nudge, no) : { delivery: 'acknowledge' }
}
