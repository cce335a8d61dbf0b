import { isRefusal, refusals } from '../core/refusal.ts'
import { decodeNudge, encodeNudge, nudgeOf } from '../core/task/nudge.ts'
import { isOpen } from '../core/task/row.ts'
import { onDeath } from '../core/task/waking.ts'
import type { App } from './app.ts'
import { apply } from './apply.ts'
import type { Change, DeadLetter, Delivery } from './message.ts'
import type { Needs } from './needs.ts'
import { bodyDigest, quarantine } from './quarantine.ts'

/**
 * What becomes of a message that ended on a dead-letter queue: its task is armed anew or, when that has not helped often
 * enough, fails with the provenance in its error; one that has finished or moved on by other ways is left alone; a message
 * that cannot be read is quarantined. Nothing is dropped silently.
 */
export const bury = async (world: Needs<'bury'>, app: Pick<App, 'retentionMs'>, letter: DeadLetter): Promise<Delivery> => {
  const nudge = decodeNudge(letter.body)
  if (!nudge) {
    await quarantine(world, app, letter, BY)
    return { delivery: 'acknowledge' }
  }
  world.meter.add('DeadLetters', 1, { lane: nudge.lane })
  const said = { at: world.clock.now(), by: BY }
  const error = { code: 'DeadLettered', message: provenance(letter), retriable: true }
  const answer = await apply(world, { kind: 'task', tenant: nudge.tenant, id: nudge.id }, (row) =>
    onDeath(row, nudge, error, said, app.retentionMs),
  )
  if (!isRefusal(answer)) return { delivery: 'acknowledge' }
  world.log.warn('deadLetter.refused', {
    source: letter.source,
    taskId: nudge.id,
    tenant: nudge.tenant,
    code: answer.refused,
    detail: answer.message,
  })
  return { delivery: refusals[answer.refused].nudge }
}

/**
 * The dead letter of a change that could not be relayed: it stands for the message that was never sent, so its task is
 * armed anew, and in the end fails where people look (a lane that left the deployment is such a case). Undefined when the
 * task waits for no message, because then only relaying the change again can help.
 */
export const letterOfChange = ({ after }: Change, tries: number, error: unknown): DeadLetter | undefined =>
  after?.kind === 'task' && isOpen(after.state) && after.dueAt !== undefined
    ? {
        id: `relay-${after.id}-${after.version}`,
        body: encodeNudge(nudgeOf(after, after.dueAt)),
        receiveCount: tries,
        source: 'relay',
        reason: error instanceof Error ? error.message : String(error),
      }
    : undefined

const BY = 'system:bury'

const provenance = ({ source, receiveCount, body, reason }: DeadLetter): string => {
  const why = reason ? `: ${reason}` : ''
  return `its message died on ${source} after ${receiveCount} receives${why} (body ${bodyDigest(body).slice(0, 16)})`
}
