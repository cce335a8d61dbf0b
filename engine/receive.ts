import { iso } from '../core/instant.ts'
import { type Refusal, refusals } from '../core/refusal.ts'
import { decodeNudge, type Nudge } from '../core/row/nudge.ts'
import { remainingDelay } from '../core/wakeup.ts'
import type { Delivery, Message } from './message.ts'
import type { Writer } from './needs.ts'
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

/** What the queue is told of the no that a nudge met: the table in `core/refusal.ts` says it for every code. */
export const answer = (world: Pick<Writer, 'log' | 'meter'>, nudge: Nudge, no: Refusal): Delivery => {
  const { kind, tenant, id, epoch, lane } = nudge
  if (no.refused === 'superseded') world.meter.add('Superseded', 1, { lane })
  if (no.refused === 'fenced') world.meter.add('Fenced', 1, { lane })
  const more = no.retryAt === undefined ? {} : { retryAt: iso(no.retryAt) }
  world.log.info(`nudge.${no.refused}`, { tenant, [`${kind}Id`]: id, epoch, detail: no.message, ...more })
  return { delivery: refusals[no.refused].nudge }
}
