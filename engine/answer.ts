import { iso } from '../core/instant.ts'
import { type Refusal, refusals } from '../core/refusal.ts'
import type { Nudge } from '../core/row/nudge.ts'
import type { Delivery } from './message.ts'
import type { Writer } from './needs.ts'

/** What the queue is told of the no that a nudge met: the table in `core/refusal.ts` says it for every code. */
export const answer = (world: Pick<Writer, 'log' | 'meter'>, nudge: Nudge, no: Refusal): Delivery => {
  const { kind, tenant, id, epoch, lane } = nudge
  if (no.refused === 'superseded') world.meter.add('Superseded', 1, { lane })
  if (no.refused === 'fenced') world.meter.add('Fenced', 1, { lane })
  const more = no.retryAt === undefined ? {} : { retryAt: iso(no.retryAt) }
  world.log.info(`nudge.${no.refused}`, { tenant, [`${kind}Id`]: id, epoch, detail: no.message, ...more })
  return { delivery: refusals[no.refused].nudge }
}
