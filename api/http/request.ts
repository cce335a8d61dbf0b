import { LIMITS } from '../../core/limits.ts'
import { readJson } from '../../core/reading/json.ts'
import { show } from '../../core/reading/messages.ts'
import { ONE_LINE } from '../../core/reading/names.ts'
import { type Refusal, refuse } from '../../core/refusal.ts'

/** The caller of a request. It comes from the claims, never from the body or the path. */
export type Caller = {
  readonly tenant: string
  readonly scopes: readonly Scope[]
  /** The name in the audit, such as `user:alice`. */
  readonly by: string
}

export type Scope = 'carillon/read' | 'carillon/write' | 'carillon/admin'

/** A request as each server passes it: header names in lower case, the body as text of bounded size (see `bodyIn`). */
export type Request = {
  readonly method: string
  /** With its escapes, such as `/v1/gates/key.eu%3Awest`. */
  readonly path: string
  /** A repeated parameter is a list. No route takes one, and the refusal names it. See `queryOf`. */
  readonly query: Readonly<Record<string, string | readonly string[]>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
}

/** A response as each server sends it. `body` is JSON text; absent for HEAD and 204. */
export type Response = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * Reads the query of a URL; a repeated parameter becomes a list.
 *
 * @example queryOf('state=failed&tag=a&tag=b') // { state: 'failed', tag: ['a', 'b'] }
 */
export const queryOf = (search: string): Request['query'] => {
  const parameters = new URLSearchParams(search)
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => {
      const values = parameters.getAll(name)
      return [name, values.length === 1 ? (values[0] ?? '') : values]
    }),
  )
}

/** Reads the body of a request as JSON; `json` is undefined without a body. */
export const readBody = ({ body, headers }: Pick<Request, 'body' | 'headers'>): { readonly json: unknown } | Refusal => {
  if (body === undefined || body.length === 0) return { json: undefined }
  return notJson(headers['content-type']) ?? tooLong(body) ?? (typeof body === 'string' ? readJson(body) : notUtf8(body))
}

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** The text of a received body, or its bytes if they are not UTF-8: then `readBody` refuses them. Decoders only replace them, silently. */
export const bodyIn = (bytes: Uint8Array): NonNullable<Request['body']> => {
  try {
    return UTF8.decode(bytes)
  } catch {
    return bytes
  }
}

const notUtf8 = ([first, second]: Uint8Array): Refusal => {
  const isUtf16 = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)
  return refuse('invalid', `the body is ${isUtf16 ? 'UTF-16' : 'not UTF-8'}; JSON must be sent as UTF-8`, { path: '' })
}

/** A body without a content type is read as JSON, the only format of the API. */
const notJson = (contentType: string | undefined): Refusal | undefined => {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (!type || type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type)) return undefined
  return refuse('unsupportedMedia', `the content type is ${show(contentType)}; it must be application/json`, {
    path: '/headers/content-type',
  })
}

const tooLong = (body: string | Uint8Array): Refusal | undefined => {
  const bytes = Buffer.byteLength(body)
  if (bytes <= LIMITS.requestBytes) return undefined
  return refuse('tooLarge', `the body has ${bytes} bytes; it must have at most ${LIMITS.requestBytes} (requestBytes)`, {
    path: '',
  })
}

/** Reads the header `Idempotency-Key`; `key` is absent without it. */
export const readKey = ({ headers }: Pick<Request, 'headers'>): { readonly key?: string } | Refusal => {
  const key = headers['idempotency-key']
  if (key === undefined) return {}
  if (key.length >= 1 && key.length <= LIMITS.idempotencyKeyCount && ONE_LINE.test(key)) return { key }
  const path = '/headers/idempotency-key'
  return refuse('invalid', `${path}: ${show(key)}; it must be 1 to ${LIMITS.idempotencyKeyCount} characters on one line`, {
    path,
  })
}
