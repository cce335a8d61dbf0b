import type { Refusal } from '../core/refusal.ts'
import type { Nudge } from '../core/row/nudge.ts'
import type { ControlApp } from './app.ts'
import { dispatchGate } from './gate/dispatch.ts'
import type { Delivery, Message } from './message.ts'
import type { Needs } from './needs.ts'
import { runOperation } from './operations.ts'
import { answer, receive } from './receive.ts'

/** Does what a row of some kind is woken for; answers why there was nothing to do. */
type Handle = (world: Needs<'control'>, app: ControlApp, nudge: Nudge) => Promise<Refusal | undefined>

/** Who looks after each kind of row that is no task. */
const handlers = {
  gate: (world, _, nudge) => dispatchGate(world, nudge),
  operation: runOperation,
} as const satisfies Partial<Record<Nudge['kind'], Handle>>

/**
 * What the control lane does with a message: parse → early? send on → turn the gate, or go on with the operation, that it
 * names. Carillon's own work, on a lane of its own, so that no crowd of tasks can hold up what makes room for them.
 *
 * @throws a fault of the world; the message then comes back by itself
 */
export const control = async (world: Needs<'control'>, app: ControlApp, message: Message): Promise<Delivery> => {
  const nudge = await receive(world, app, message, {
    kinds: Object.keys(handlers) as (keyof typeof handlers)[],
    by: 'system:control',
  })
  if (!nudge) return { delivery: 'acknowledge' }
  const no = await handlers[nudge.kind as keyof typeof handlers](world, app, nudge)
  return no ? answer(world, nudge, no) : { delivery: 'acknowledge' }
}
