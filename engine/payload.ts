import { createHash } from 'node:crypto'
import type { Instant } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import type { Json } from '../core/row/json.ts'
import type { Payload } from '../core/task/row.ts'
import type { Store } from './world.ts'

/**
 * Stores a payload: inline on the row when it is small, else in a document. The document's name is a digest of the content,
 * so a repeated write changes nothing and two payloads never share a name.
 *
 * @param forgetAt the time-to-live of the row that names the document; the document is stored a little longer. Without it,
 *   the document is stored until it is dropped with its row
 * @param mark a prefix of the name, for a document that must differ from others with the same content
 * @returns the payload for the row, or a refusal when the JSON is larger than `LIMITS.payloadBytes`
 */
export const storePayload = async (
  world: { readonly store: Pick<Store, 'putDocument'> },
  task: { readonly tenant: string; readonly id: string },
  json: Json,
  forgetAt?: Instant,
  mark = '',
): Promise<Payload | Refusal> => {
  const text = JSON.stringify(json)
  const bytes = Buffer.byteLength(text)
  // As it will be read back: a repeated write recognises its own row by equality, and JSON has no -0.
  if (bytes <= LIMITS.inlinePayloadBytes) return { inline: JSON.parse(text) as Json }
  if (bytes > LIMITS.payloadBytes) {
    return refuse(
      'tooLarge',
      `the payload has ${bytes} bytes as JSON; the maximum is ${LIMITS.payloadBytes} (payloadBytes). Store large data elsewhere and pass its address`,
    )
  }
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 22)
  if (forgetAt === undefined) {
    const document = `${mark}${digest}`
    await world.store.putDocument(task.tenant, task.id, document, text)
    return { document, bytes }
  }
  // The prefix `o` keeps an output apart from an equal input: the output's time-to-live must not apply to the input.
  const document = `o${digest}`
  // DynamoDB deletes expired items late and in any order; the margin keeps the document longer than its row.
  await world.store.putDocument(task.tenant, task.id, document, text, forgetAt + LIMITS.documentMarginMs)
  return { document, bytes }
}

/** Loads a payload; undefined when its document was deleted, which can happen some time after the task has finished. */
export const loadPayload = async (
  world: { readonly store: Pick<Store, 'getDocument'> },
  task: { readonly tenant: string; readonly id: string },
  payload: Payload,
): Promise<Json | undefined> => {
  if ('inline' in payload) return payload.inline
  const text = await world.store.getDocument(task.tenant, task.id, payload.document)
  return text === undefined ? undefined : (JSON.parse(text) as Json)
}
