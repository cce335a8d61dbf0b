import { consequences } from '../core/consequences.ts'
import type { Change } from './message.ts'
import type { Needs } from './needs.ts'

/**
 * Publishes the lifecycle event of a committed change: change → event → event bus. A task's `events` setting selects its
 * events. The publisher is separate from the relay, so that an outage of the bus delays events but no wake-up.
 *
 * @throws the bus's fault; the change must then be published again, and the event has the same id each time
 */
export const publish = async (world: Needs<'publish'>, { before, after }: Change): Promise<void> => {
  const effects = consequences(before, after)
  const events = effects.flatMap((effect) => (effect.kind === 'publish' ? [effect.event] : []))
  if (events.length === 0) return
  try {
    await world.bus.publish(events)
  } catch (error) {
    // The function reports the record and does not fail, so Lambda counts no error. Until the lag is long, only this shows it.
    world.meter.add('EventsRefused', events.length, {})
    throw error
  }
}
