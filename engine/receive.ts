import { decodeNudge, type Nudge } from '../core/row/nudge.ts'
import { remainingDelay } from '../core/wakeup.ts'
import type { Message } from './message.ts'
import { type Keeper, type KeptIn, quarantine } from './quarantine.ts'
import type { Queue } from './world.ts'

type Receiver = Keeper & { readonly queue: Pick<Queue, 'send'> }

/** Which nudges have a business on this lane, and in whose name the others are quarantined. */
export type Reception = { readonly kinds: readonly Nudge['kind'][]; readonly by: string }

/**
 * The nudge of a message whose time has come. Otherwise the message is done with: an early one goes back onto its lane with
 * the delay that remains, which is how a timer's minute becomes a second; one that cannot be read, or that has lost its
 * way, is quarantined.
 */
export const receive = async (
  world: Receiver,
  app: KeptIn,
  message: Message,
  { kinds, by }: Reception,
): Promise<Nudge | undefined> => {
  const nudge = decodeNudge(message.body)
  if (!nudge || !kinds.includes(nudge.kind)) {
    // No later delivery could read it better, so it does not wait for its dead-letter queue.
    await quarantine(world, app, { ...message, source: 'lane' }, by)
    return undefined
  }
  const now = world.clock.now()
  if (nudge.dueAt <= now) return nudge
  await world.queue.send(nudge, remainingDelay(now, nudge.dueAt))
  return undefined
}
