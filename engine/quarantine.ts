import { createHash } from 'node:crypto'
import { excerpt } from '../core/excerpt.ts'
import type { Instant } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal } from '../core/refusal.ts'
import type { Json } from '../core/row/json.ts'
import { SYSTEM_TENANT } from '../core/row/key.ts'
import type { Payload, Provenance } from '../core/task/row.ts'
import type { App } from './app.ts'
import { apply } from './apply.ts'
import type { DeadLetter } from './message.ts'
import type { Writer } from './needs.ts'
import { storePayload } from './payload.ts'
import { openTenant } from './tenant.ts'
import type { Store } from './world.ts'

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
