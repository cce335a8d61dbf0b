import { consequences } from '../core/consequences.ts'
import type { Change } from './message.ts'
import type { Needs } from './needs.ts'

/**
 * Publishes the lifecycle event of a committed change, if its task wants any. Apart from the relay, because a bus that is
 * out of order may hold up events and nothing else: a wake-up behind it would come late for no reason of its own.
 *
 * @throws the bus's fault; the change must then be published again, and the event's id is the same each time
 */
export const publish = async (world: Needs<'publish'>, { before, after }: Change): Promise<void> => {
  const effects = consequences(before, after)
  const events = effects.flatMap((effect) => (effect.kind === 'publish' ? [effect.event] : []))
  if (events.length > 0) await world.bus.publish(events)
}
