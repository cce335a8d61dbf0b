import { wakes } from '../core/consequences.ts'
import { excerpt } from '../core/excerpt.ts'
import type { Row } from '../core/kinds.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal, refusals } from '../core/refusal.ts'
import { decodeNudge, encodeNudge, type Nudge, nudgeOf, timerName } from '../core/row/nudge.ts'
import { isOpen } from '../core/task/row.ts'
import { onDeath } from '../core/task/waking.ts'
import { messageOf } from '../core/thrown.ts'
import { apply } from './apply.ts'
import type { Change, DeadLetter, Delivery } from './message.ts'
import type { Needs } from './needs.ts'
import { bodyDigest, type KeptIn, provenanceOf, quarantine } from './quarantine.ts'
import { wake } from './relay.ts'

/**
 * What becomes of a message that ended on a dead-letter queue: its task is armed anew or, when that has not helped often
 * enough, fails with the provenance in its error; one that has finished or moved on by other ways is left alone; a message
 * that cannot be read is quarantined. A gate or an operation is woken again. Nothing is dropped silently.
 */
export const bury = async (world: Needs<'bury'>, app: KeptIn, letter: DeadLetter): Promise<Delivery> => {
  const nudge = decodeNudge(letter.body)
  if (!nudge) {
    await quarantine(world, app, letter, BY)
    return { delivery: 'acknowledge' }
  }
  world.meter.add('DeadLetters', 1, { lane: nudge.lane })
  if (nudge.kind !== 'task') return wakeAgain(world, nudge, letter)
  const said = { at: world.clock.now(), by: BY }
  const error = { code: 'DeadLettered', message: wordsOf(letter), retriable: true, provenance: provenanceOf(letter, said.at) }
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

/** A gate or an operation has no count of deaths and nothing to fail with; to wake it once too often does no harm, so it is woken again. */
const wakeAgain = async (world: Needs<'bury'>, nudge: Nudge, letter: DeadLetter): Promise<Delivery> => {
  const { kind, tenant, id } = nudge
  const dueAt = Math.max(nudge.dueAt, world.clock.now() + LIMITS.burialWaitMs)
  await wake(world, { kind: 'arm', name: timerName(nudge), nudge: { ...nudge, dueAt } })
  world.log.error('deadLetter.wokenAgain', {
    source: letter.source,
    tenant,
    [`${kind}Id`]: id,
    dueAt,
    detail: wordsOf(letter),
  })
  return { delivery: 'acknowledge' }
}

/**
 * The dead letter of a change that could not be relayed: it stands for the message that was never sent, so its row is woken
 * anew, and a task in the end fails where people look (a lane that left the deployment is such a case). Undefined when the
 * row waits for no message, because then only relaying the change again can help.
 */
export const letterOfChange = ({ after }: Change, tries: number, error: unknown): DeadLetter | undefined => {
  const nudge = after && nudgeFor(after)
  if (!nudge) return undefined
  return {
    id: `relay-${after.id}-${after.version}`,
    body: encodeNudge(nudge),
    receiveCount: tries,
    source: 'relay',
    reason: messageOf(error),
  }
}

const nudgeFor = (row: Row): Nudge | undefined => {
  if (row.kind === 'task') return isOpen(row.state) && row.dueAt !== undefined ? nudgeOf(row, row.dueAt) : undefined
  return wakes(row).flatMap((effect) => ('nudge' in effect ? [effect.nudge] : []))[0]
}

const BY = 'system:bury'

const wordsOf = ({ source, receiveCount, body, reason }: DeadLetter): string => {
  const why = reason ? `: ${excerpt(reason, LIMITS.reasonCount)}` : ''
  return `its message died on ${source} after ${receiveCount} receives${why} (body ${bodyDigest(body).slice(0, 16)})`
}
