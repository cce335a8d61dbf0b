import { createHash } from 'node:crypto'
import { LIMITS } from '../../core/limits.ts'
import { show } from '../../core/reading/messages.ts'
import { ONE_LINE } from '../../core/reading/names.ts'
import { type Refusal, refuse } from '../../core/refusal.ts'
import type { Request } from './http.ts'

/** Which task a request makes: a new one, or with a key always the same one, whose digest tells two bodies apart. */
export type Identity = { readonly id: string; readonly digest?: string }

/** The request's `Idempotency-Key`, if it has one. */
export const readKey = ({ headers }: Pick<Request, 'headers'>): { readonly key?: string } | Refusal => {
  const key = headers['idempotency-key']
  if (key === undefined) return {}
  if (key.length >= 1 && key.length <= LIMITS.idempotencyKeyCount && ONE_LINE.test(key)) return { key }
  const path = '/headers/idempotency-key'
  return refuse('invalid', `${path}: ${show(key)}; it must be 1 to ${LIMITS.idempotencyKeyCount} characters on one line`, {
    path,
  })
}

/**
 * The id that a key stands for: 26 characters like every other id, and 134 bits of the hash. The entries of a batch share
 * one key, and their place in it tells them apart.
 */
export const identityOf = (tenant: string, key: string, body: unknown, place?: number): Identity => {
  const id = idFor([tenant, key, ...(place === undefined ? [] : [place])])
  return { id, digest: sha256(canonical(body)).toString('base64url') }
}

/** An id that stands for a value, whatever the order of its fields. */
export const idFor = (value: unknown): string =>
  BigInt(`0x${sha256(canonical(value)).toString('hex')}`)
    .toString(36)
    .slice(-ID_COUNT)
    .padStart(ID_COUNT, '0')

const ID_COUNT = 26

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** JSON with its fields in one order, so that the same request in another spelling is the same request. */
const canonical = (json: unknown): string => {
  if (typeof json !== 'object' || json === null) return JSON.stringify(json) ?? 'null'
  if (Array.isArray(json)) return `[${json.map(canonical).join(',')}]`
  const fields = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).join(',')}}`
}
