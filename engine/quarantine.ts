import { createHash } from 'node:crypto'
import { excerpt } from '../core/excerpt.ts'
import type { Instant } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal } from '../core/refusal.ts'
import type { Json } from '../core/row/json.ts'
import { SYSTEM_TENANT } from '../core/row/key.ts'
import type { Payload, Provenance } from '../core/task/row.ts'
import type { App } from './app.ts'
import { apply, openTenant } from './apply.ts'
import type { DeadLetter } from './message.ts'
import type { Writer } from './needs.ts'
import { storePayload } from './payload.ts'
import type { Store } from './world.ts'

/** The part of the world that `quarantine` needs. */
export type QuarantineWorld = Writer & { readonly store: Pick<Store, 'putDocument'> }

/** The part of the configuration that `quarantine` uses. */
export type QuarantineApp = Pick<App, 'retentionMs'> & Partial<Pick<App, 'environmentId'>>

/** Stores an unreadable message as a failed task of the system tenant, so that operators find it. */
export const quarantine = async (
  world: QuarantineWorld,
  app: QuarantineApp,
  deadLetter: DeadLetter,
  by: string,
): Promise<void> => {
  const digest = bodyDigest(deadLetter.body)
  const id = `q${createHash('sha256').update(`${deadLetter.source}/${deadLetter.id}/${digest}`).digest('hex').slice(0, 25)}`
  const at = world.clock.now()
  await openTenant(world, SYSTEM_TENANT, by)
  const input = await evidence(world, deadLetter, digest, id)
  const message = `a message on ${deadLetter.source} is not a nudge; this task's input contains its body`
  const error = { code: 'UnreadableMessage', message, retriable: false, provenance: provenanceOf(deadLetter, at) }
  const key = { kind: 'task', tenant: SYSTEM_TENANT, id } as const
  const { retentionMs, environmentId } = app
  const fields = { retentionMs, ...(environmentId ? { environmentId } : {}) }
  await apply(world, key, () => ({ name: 'quarantine', at, by, input, error, ...fields }), 'none')
  world.meter.add('DeadLetters', 1, {})
  world.log.error('message.quarantined', { source: deadLetter.source, messageId: deadLetter.id, bodySha256: digest, taskId: id })
}

/** The SHA-256 of a message body, in hex. It identifies the body in logs and errors without repeating it. */
export const bodyDigest = (body: string): string => createHash('sha256').update(body).digest('hex')

/** The provenance of a dead letter, for the error of its task. */
export const provenanceOf = ({ source, receiveCount, reason, body }: DeadLetter, at: Instant): Provenance => ({
  source,
  receives: receiveCount,
  ...(reason ? { reason: excerpt(reason, LIMITS.reasonCount) } : {}),
  bodySha256: bodyDigest(body),
  at,
})

const evidence = async (world: QuarantineWorld, deadLetter: DeadLetter, bodySha256: string, id: string): Promise<Payload> => {
  const source = {
    source: deadLetter.source,
    messageId: deadLetter.id,
    receiveCount: deadLetter.receiveCount,
    bodySha256,
    ...(deadLetter.reason ? { reason: deadLetter.reason } : {}),
  }
  const owner = { tenant: SYSTEM_TENANT, id }
  const full = await storePayload(world, owner, { ...source, body: deadLetter.body } satisfies Json)
  if (!isRefusal(full)) return full
  const start = deadLetter.body.slice(0, EXCERPT_COUNT)
  return (await storePayload(world, owner, {
    ...source,
    bodyStart: start,
    bodyCount: deadLetter.body.length,
  } satisfies Json)) as Payload
}

/** Number of characters stored of a body that is too large. At four bytes each they stay well below the bound. */
const EXCERPT_COUNT = 10_000
