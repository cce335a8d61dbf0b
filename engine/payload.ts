import { createHash } from 'node:crypto'
import type { Instant } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import type { Json, Payload } from '../core/task/row.ts'
import type { World } from './world.ts'

/**
 * Puts a payload where it belongs: on the row when it is small, else into a write-once document named by its digest, so
 * that writing it again changes nothing and two payloads never share a name.
 *
 * @param forgetAt when the store may drop the document by itself; without it, it lives as long as its row
 */
export const storePayload = async (
  world: Pick<World, 'store'>,
  task: { readonly tenant: string; readonly id: string },
  json: Json,
  forgetAt?: Instant,
): Promise<Payload | Refusal> => {
  const text = JSON.stringify(json)
  const bytes = Buffer.byteLength(text)
  if (bytes <= LIMITS.inlinePayloadBytes) return { inline: json }
  if (bytes > LIMITS.payloadBytes) {
    return refuse(
      'tooLarge',
      `the payload has ${bytes} bytes as JSON; the most is ${LIMITS.payloadBytes} (payloadBytes). Keep large data elsewhere and pass its address`,
    )
  }
  const document = createHash('sha256').update(text).digest('base64url').slice(0, 22)
  await world.store.putDocument(task.tenant, task.id, document, text, forgetAt)
  return { document, bytes }
}

/** Brings a payload back. @throws Error when its document is gone, which no rule of ours allows */
export const loadPayload = async (
  world: Pick<World, 'store'>,
  task: { readonly tenant: string; readonly id: string },
  payload: Payload,
): Promise<Json> => {
  if ('inline' in payload) return payload.inline
  const text = await world.store.getDocument(task.tenant, task.id, payload.document)
  if (text === undefined) throw new Error(`document ${payload.document} of task ${task.id} is missing`)
  return JSON.parse(text) as Json
}
