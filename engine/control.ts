import type { ControlApp } from './app.ts'
import { controlKinds, engineKindOf } from './kinds.ts'
import type { Delivery, Message } from './message.ts'
import type { Needs } from './needs.ts'
import { answerRefusal, receive } from './receive.ts'

/**
 * Handles a message of the control lane: message → nudge (an early one is sent again) → `wake` of the row's kind
 * (`engine/kinds.ts`). This lane is separate from the executors' lanes, so that a backlog of tasks cannot delay the dispatch
 * of the gates where the tasks wait.
 *
 * @throws a fault of the world; the message then becomes visible again
 */
export const control = async (world: Needs<'control'>, app: ControlApp, message: Message): Promise<Delivery> => {
  const nudge = await receive(world, app, message, { kinds: controlKinds(), by: 'system:control' })
  const refusal = nudge && (await engineKindOf(nudge.kind)?.wake?.(world, app, nudge))
  return nudge && refusal ? answerRefusal(world, nudge, refusal) : { delivery: 'acknowledge' }
}
