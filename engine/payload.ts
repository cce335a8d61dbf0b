import { createHash } from 'node:crypto'
import type { Instant } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import type { Json } from '../core/row/json.ts'
import type { Payload } from '../core/task/row.ts'
import type { Store } from './world.ts'

/**
 * Puts a payload where it belongs: on the row when it is small, else into a document named by its digest, so that writing
 * it again changes nothing and two payloads never share a name.
 *
 * @param forgetAt when the row that will name it may be forgotten; the document outlives it. Without it, the document lives
 *   until it is dropped with its row
 * @param mark begins its name, where that must differ from all others although the content may be the same
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
  if (bytes <= LIMITS.inlinePayloadBytes) return { inline: json }
  if (bytes > LIMITS.payloadBytes) {
    return refuse(
      'tooLarge',
      `the payload has ${bytes} bytes as JSON; the most is ${LIMITS.payloadBytes} (payloadBytes). Keep large data elsewhere and pass its address`,
    )
  }
  const digest = createHash('sha256').update(text).digest('base64url').slice(0, 22)
  if (forgetAt === undefined) {
    const document = `${mark}${digest}`
    await world.store.putDocument(task.tenant, task.id, document, text)
    return { document, bytes }
  }
  // A name of its own: an output that equals the input must not give the input an end before the task has come to its own.
  const document = `o${digest}`
  // DynamoDB forgets late and in any order, so the document gets time enough to go after its row.
  await world.store.putDocument(task.tenant, task.id, document, text, forgetAt + LIMITS.documentMarginMs)
  return { document, bytes }
}

/** Brings a payload back; undefined when its document is gone, as it may be once its task has been finished for long. */
export const loadPayload = async (
  world: { readonly store: Pick<Store, 'getDocument'> },
  task: { readonly tenant: string; readonly id: string },
  payload: Payload,
): Promise<Json | undefined> => {
  if ('inline' in payload) return payload.inline
  const text = await world.store.getDocument(task.tenant, task.id, payload.document)
  return text === undefined ? undefined : (JSON.parse(text) as Json)
}
