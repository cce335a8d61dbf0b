import { iso } from '../core/instant.ts'
import { type Refusal, refusals } from '../core/refusal.ts'
import { decodeNudge, type Nudge } from '../core/row/nudge.ts'
import { remainingDelay } from '../core/wakeup.ts'
import type { Delivery, Message } from './message.ts'
import type { Writer } from './needs.ts'
import { type QuarantineApp, type QuarantineWorld, quarantine } from './quarantine.ts'
import type { Queue } from './world.ts'

type Receiver = QuarantineWorld & { readonly queue: Pick<Queue, 'send'> }

/** The kinds of nudges that this lane accepts, and the actor that quarantines all others. */
export type ReceiveOptions = { readonly kinds: readonly Nudge['kind'][]; readonly by: string }

/**
 * Decodes a message: message → nudge, if the nudge is due. An early nudge is sent to its lane again with the remaining
 * delay: timers are exact to a minute, queues to a second. An unreadable message, or a nudge of a kind that this lane does
 * not accept, is quarantined.
 *
 * @returns the due nudge; undefined when the message needs no further work
 */
export const receive = async (
  world: Receiver,
  app: QuarantineApp,
  message: Message,
  { kinds, by }: ReceiveOptions,
): Promise<Nudge | undefined> => {
  const nudge = decodeNudge(message.body)
  if (!nudge || !kinds.includes(nudge.kind)) {
    // A redelivery would be as unreadable, so the message need not pass through the dead-letter queue.
    await quarantine(world, app, { ...message, source: 'lane' }, by)
    return undefined
  }
  const now = world.clock.now()
  if (nudge.dueAt <= now) return nudge
  await world.queue.send(nudge, remainingDelay(now, nudge.dueAt))
  return undefined
}

/** Logs and counts the refusal of a nudge, and answers the queue as the table in `core/refusal.ts` says for its code. */
export const answerRefusal = (world: Pick<Writer, 'log' | 'meter'>, nudge: Nudge, refusal: Refusal): Delivery => {
  const { kind, tenant, id, epoch, lane } = nudge
  if (refusal.refused === 'superseded') world.meter.add('Superseded', 1, { lane })
  if (refusal.refused === 'fenced') world.meter.add('Fenced', 1, { lane })
  const more = refusal.retryAt === undefined ? {} : { retryAt: iso(refusal.retryAt) }
  world.log.info(`nudge.${refusal.refused}`, { tenant, [`${kind}Id`]: id, epoch, detail: refusal.message, ...more })
  return { delivery: refusals[refusal.refused].nudge }
}
