import { isRefusal, refusals, refuse } from '../core/refusal.ts'
import { decodeNudge } from '../core/task/nudge.ts'
import { isOpen } from '../core/task/row.ts'
import type { App } from './app.ts'
import { apply } from './apply.ts'
import type { DeadLetter, Delivery } from './message.ts'
import type { Needs } from './needs.ts'
import { bodyDigest, quarantine } from './quarantine.ts'

/**
 * What becomes of a message that ended on a dead-letter queue: its task fails, with the provenance in its error, unless it
 * has finished or moved on by other ways; a message that cannot be read is quarantined. Nothing is dropped silently.
 */
export const bury = async (world: Needs<'bury'>, app: Pick<App, 'retentionMs'>, letter: DeadLetter): Promise<Delivery> => {
  const nudge = decodeNudge(letter.body)
  world.meter.add('DeadLetters', 1, nudge ? { lane: nudge.lane } : {})
  if (!nudge) {
    await quarantine(world, app, letter, BY)
    return { delivery: 'acknowledge' }
  }
  const at = world.clock.now()
  const digest = bodyDigest(letter.body).slice(0, 16)
  const why = letter.reason ? `: ${letter.reason}` : ''
  const message = `its message died on ${letter.source} after ${letter.receiveCount} receives${why} (body ${digest}). Redrive it when the cause is mended`
  const answer = await apply(world, { kind: 'task', tenant: nudge.tenant, id: nudge.id }, (row) => {
    if (row && isOpen(row.state) && row.epoch !== nudge.epoch) return refuse('superseded', `task ${row.id} has a newer wake-up`)
    return { name: 'fail', at, by: BY, error: { code: 'DeadLettered', message, retriable: true }, retentionMs: app.retentionMs }
  })
  if (!isRefusal(answer)) return { delivery: 'acknowledge' }
  world.log.warn('deadLetter.refused', {
    source: letter.source,
    taskId: nudge.id,
    tenant: nudge.tenant,
    code: answer.refused,
    detail: answer.message,
  })
  return refusals[answer.refused].nudge === 'acknowledge' ? { delivery: 'acknowledge' } : { delivery: 'return' }
}

const BY = 'system:bury'
