import { createHash } from 'node:crypto'
import { wakes } from '../core/consequences.ts'
import { excerpt } from '../core/excerpt.ts'
import type { Instant } from '../core/instant.ts'
import type { Row } from '../core/kinds.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal, refusals } from '../core/refusal.ts'
import type { Json } from '../core/row/json.ts'
import { SYSTEM_TENANT } from '../core/row/key.ts'
import { decodeNudge, encodeNudge, type Nudge, nudgeOf, timerName } from '../core/row/nudge.ts'
import { isOpen, type Payload, type Provenance } from '../core/task/row.ts'
import { onDeadLetter } from '../core/task/waking.ts'
import { messageOf } from '../core/thrown.ts'
import type { App } from './app.ts'
import { apply } from './apply.ts'
import type { Change, DeadLetter, Delivery } from './message.ts'
import type { Needs, Writer } from './needs.ts'
import { storePayload } from './payload.ts'
import { wake } from './relay.ts'
import { openTenant } from './tenant.ts'
import type { Store } from './world.ts'

/**
 * What becomes of a message that ended on a dead-letter queue: its task is armed anew or, when that has not helped often
 * enough, fails with the provenance in its error; one that has finished or moved on by other ways is left alone; a message
 * that cannot be read is quarantined. A gate or an operation is woken again. Nothing is dropped silently.
 */
export const handleDeadLetter = async (world: Needs<'bury'>, app: KeptIn, letter: DeadLetter): Promise<Delivery> => {
  const nudge = decodeNudge(letter.body)
  if (!nudge) {
    await quarantine(world, app, letter, BY)
    return { delivery: 'acknowledge' }
  }
  world.meter.add('DeadLetters', 1, { lane: nudge.lane })
  if (nudge.kind !== 'task') return wakeAgain(world, nudge, letter)
  const said = { at: world.clock.now(), by: BY }
  const error = { code: 'DeadLettered', message: describe(letter), retriable: true, provenance: provenanceOf(letter, said.at) }
  const answer = await apply(world, { kind: 'task', tenant: nudge.tenant, id: nudge.id }, (row) =>
    onDeadLetter(row, nudge, error, said, app.retentionMs),
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
  const dueAt = Math.max(nudge.dueAt, world.clock.now() + LIMITS.redeliveryWaitMs)
  await wake(world, { kind: 'arm', name: timerName(nudge), nudge: { ...nudge, dueAt } })
  world.log.error('deadLetter.wokenAgain', {
    source: letter.source,
    tenant,
    [`${kind}Id`]: id,
    dueAt,
    detail: describe(letter),
  })
  return { delivery: 'acknowledge' }
}

/**
 * The dead letter of a change that could not be relayed: it stands for the message that was never sent, so its row is woken
 * anew, and a task in the end fails where people look (a lane that left the deployment is such a case). Undefined when the
 * row waits for no message, because then only relaying the change again can help.
 */
export const deadLetterOfChange = ({ after }: Change, tries: number, error: unknown): DeadLetter | undefined => {
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

const describe = ({ source, receiveCount, body, reason }: DeadLetter): string => {
  const why = reason ? `: ${excerpt(reason, LIMITS.reasonCount)}` : ''
  return `its message died on ${source} after ${receiveCount} receives${why} (body ${bodyDigest(body).slice(0, 16)})`
}

/** What it takes to keep an unreadable message. */
export type Keeper = Writer & { readonly store: Pick<Store, 'putDocument'> }

/** What is to be known of a deployment that keeps evidence. */
export type KeptIn = Pick<App, 'retentionMs'> & Partial<Pick<App, 'environmentId'>>

/** Keeps a message that nobody can read as a failed row of Carillon's own tenant, where its operators look. */
export const quarantine = async (world: Keeper, app: KeptIn, letter: DeadLetter, by: string): Promise<void> => {
  const digest = bodyDigest(letter.body)
  const id = `q${createHash('sha256').update(`${letter.source}/${letter.id}/${digest}`).digest('hex').slice(0, 25)}`
  const at = world.clock.now()
  await openTenant(world, SYSTEM_TENANT, by)
  const input = await evidence(world, letter, digest, id)
  const message = `a message on ${letter.source} is not a nudge; its body is kept as this task's input`
  const error = { code: 'UnreadableMessage', message, retriable: false, provenance: provenanceOf(letter, at) }
  const key = { kind: 'task', tenant: SYSTEM_TENANT, id } as const
  const { retentionMs, environmentId } = app
  const about = { retentionMs, ...(environmentId ? { environmentId } : {}) }
  await apply(world, key, () => ({ name: 'quarantine', at, by, input, error, ...about }), 'none')
  world.meter.add('DeadLetters', 1, {})
  world.log.error('message.quarantined', { source: letter.source, messageId: letter.id, bodySha256: digest, taskId: id })
}

/** The SHA-256 of a message body, in hex: names the body in logs and errors without repeating it. */
export const bodyDigest = (body: string): string => createHash('sha256').update(body).digest('hex')

/** Where a letter died, for the error of the task that dies with it. */
export const provenanceOf = ({ source, receiveCount, reason, body }: DeadLetter, at: Instant): Provenance => ({
  source,
  receives: receiveCount,
  ...(reason ? { reason: excerpt(reason, LIMITS.reasonCount) } : {}),
  bodySha256: bodyDigest(body),
  at,
})

const evidence = async (world: Keeper, letter: DeadLetter, bodySha256: string, id: string): Promise<Payload> => {
  const about = {
    source: letter.source,
    messageId: letter.id,
    receiveCount: letter.receiveCount,
    bodySha256,
    ...(letter.reason ? { reason: letter.reason } : {}),
  }
  const owner = { tenant: SYSTEM_TENANT, id }
  const whole = await storePayload(world, owner, { ...about, body: letter.body } satisfies Json)
  if (!isRefusal(whole)) return whole
  const start = letter.body.slice(0, EXCERPT)
  return (await storePayload(world, owner, {
    ...about,
    bodyStart: start,
    bodyCount: letter.body.length,
  } satisfies Json)) as Payload
}

/** Characters kept of a body that is too large to be kept whole: at four bytes each still well below the bound. */
const EXCERPT = 10_000
