import { LIMITS } from '../../core/limits.ts'
import { show } from '../../core/reading/messages.ts'
import { ONE_LINE } from '../../core/reading/names.ts'
import { pointer } from '../../core/reading/read.ts'
import { type Refusal, refuse } from '../../core/refusal.ts'

/** The caller of a request. It comes from the claims, never from the body or the path. */
export type Caller = {
  readonly tenant: string
  readonly scopes: readonly Scope[]
  /** The name in the audit, such as `user:alice`. */
  readonly by: string
}

export type Scope = 'carillon/read' | 'carillon/write' | 'carillon/admin'

/** A request as each server passes it: header names in lower case, the body as text of bounded size. */
export type Request = {
  readonly method: string
  readonly path: string
  /** A repeated parameter is a list. No route takes one, and the refusal names it. See `queryOf`. */
  readonly query: Readonly<Record<string, string | readonly string[]>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
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
  if (body === undefined || body === '') return { json: undefined }
  return notJson(headers['content-type']) ?? tooLong(body) ?? parse(body)
}

/** A body without a content type is read as JSON, the only format of the API. */
const notJson = (contentType: string | undefined): Refusal | undefined => {
  const type = contentType?.split(';')[0]?.trim().toLowerCase()
  if (!type || type === 'application/json' || /^application\/[\w.-]+\+json$/.test(type)) return undefined
  return refuse('unsupportedMedia', `the content type is ${show(contentType)}; it must be application/json`, {
    path: '/headers/content-type',
  })
}

const tooLong = (body: string): Refusal | undefined => {
  const bytes = Buffer.byteLength(body)
  if (bytes <= LIMITS.requestBytes) return undefined
  return refuse('tooLarge', `the body has ${bytes} bytes; it must have at most ${LIMITS.requestBytes} (requestBytes)`, {
    path: '',
  })
}

const parse = (body: string): { readonly json: unknown } | Refusal => {
  try {
    const json: unknown = JSON.parse(body)
    return unsupported(json, []) ?? { json }
  } catch (error) {
    // Any other error is a defect, not a fault of the caller.
    if (!(error instanceof SyntaxError)) throw error
    const { offset, line, column } = jsonErrorPosition(body)
    const reason = offset < body.length ? `${show(body.slice(offset, offset + 1))} is unexpected` : 'the text ends too early'
    return refuse('invalid', `the body is not JSON: at offset ${offset} (line ${line}, column ${column}) ${reason}`, { path: '' })
  }
}

/** JSON that cannot be stored: too many levels, and numbers beyond a double. */
const unsupported = (json: unknown, path: readonly PropertyKey[]): Refusal | undefined => {
  if (typeof json === 'number' && !Number.isFinite(json)) {
    const at = pointer(path)
    return refuse('invalid', `${at || 'the request'}: a number above ${Number.MAX_VALUE}; write it as a string`, { path: at })
  }
  if (typeof json !== 'object' || json === null) return undefined
  if (path.length >= LIMITS.jsonDepthCount) {
    const at = pointer(path.slice(0, 3))
    return refuse('invalid', `${at}: nested deeper than ${LIMITS.jsonDepthCount} levels; use at most ${LIMITS.jsonDepthCount}`, {
      path: at,
    })
  }
  for (const [name, value] of Object.entries(json)) {
    const refusal = unsupported(value, [...path, name])
    if (refusal) return refusal
  }
  return undefined
}

/**
 * Finds the place at which a text stops being JSON, for the problem detail: the parser of the engine names it only sometimes.
 * It is a binary search: a prefix that some continuation could complete ends before the place, any other prefix behind it.
 *
 * @param text a text that `JSON.parse` has refused
 * @example jsonErrorPosition('{"a": tru}') // { offset: 9, line: 1, column: 10 }
 */
export const jsonErrorPosition = (text: string): { readonly offset: number; readonly line: number; readonly column: number } => {
  let low = 0
  let high = text.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (isValidPrefix(text.slice(0, middle + 1))) low = middle + 1
    else high = middle
  }
  const lines = text.slice(0, low).split('\n')
  return { offset: low, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

const isValidPrefix = (prefix: string): boolean => {
  try {
    JSON.parse(prefix)
    return true
  } catch (error) {
    const message = String(error)
    if (message.includes('Unexpected end')) return true
    const place = /at position (\d+)/.exec(message)?.[1]
    return place !== undefined && Number(place) >= prefix.length
  }
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
