import { LIMITS } from '../../core/limits.ts'
import { show } from '../../core/reading/messages.ts'
import { ONE_LINE } from '../../core/reading/names.ts'
import { pointer } from '../../core/reading/read.ts'
import { type Refusal, refuse } from '../../core/refusal.ts'

/** Who is asking, as the claims say: never as the request's body or path says. */
export type Caller = {
  readonly tenant: string
  readonly scopes: readonly Scope[]
  /** For the audit: `user:alice`. */
  readonly by: string
}

export type Scope = 'carillon/read' | 'carillon/write' | 'carillon/admin'

/** A request as every door hands it in: header names in lower case, the body as text, its size already known. */
export type Request = {
  readonly method: string
  readonly path: string
  /** A parameter that came more than once is a list: no route takes one, and the refusal names it. See `queryOf`. */
  readonly query: Readonly<Record<string, string | readonly string[]>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** An answer as every door gives it out. `body` is JSON text; absent for HEAD and 204. */
export type Response = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/**
 * Reads the part of an address behind the question mark, keeping what came twice.
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

/** Reads a request's body as JSON; `json` is undefined when there is none. */
export const readBody = ({ body, headers }: Pick<Request, 'body' | 'headers'>): { readonly json: unknown } | Refusal => {
  if (body === undefined || body === '') return { json: undefined }
  return notJson(headers['content-type']) ?? tooLong(body) ?? parse(body)
}

/** A body without a content type is taken for JSON: what else would it be here. */
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
  return refuse('tooLarge', `the body has ${bytes} bytes; the most is ${LIMITS.requestBytes} (requestBytes)`, { path: '' })
}

const parse = (body: string): { readonly json: unknown } | Refusal => {
  try {
    const json: unknown = JSON.parse(body)
    return unfit(json, []) ?? { json }
  } catch (error) {
    // Any other error than the parser's is ours, not the caller's.
    if (!(error instanceof SyntaxError)) throw error
    const { offset, line, column } = jsonErrorPosition(body)
    const found = offset < body.length ? `${show(body.slice(offset, offset + 1))} is not possible there` : 'it ends too early'
    return refuse('invalid', `the body is not JSON: at offset ${offset} (line ${line}, column ${column}) ${found}`, { path: '' })
  }
}

/** What JSON can say and we cannot keep: levels without end, and numbers that no double holds. */
const unfit = (json: unknown, path: readonly PropertyKey[]): Refusal | undefined => {
  if (typeof json === 'number' && !Number.isFinite(json)) {
    const at = pointer(path)
    return refuse('invalid', `${at || 'the request'}: a number beyond ${Number.MAX_VALUE}; write it as a text`, { path: at })
  }
  if (typeof json !== 'object' || json === null) return undefined
  if (path.length >= LIMITS.jsonDepthCount) {
    const at = pointer(path.slice(0, 3))
    return refuse('invalid', `${at}: nested deeper than ${LIMITS.jsonDepthCount} levels`, { path: at })
  }
  for (const [name, value] of Object.entries(json)) {
    const no = unfit(value, [...path, name])
    if (no) return no
  }
  return undefined
}

/**
 * Where a text stops being JSON, for the message to a person: the engine's own parser names the place only sometimes.
 * Searched by halves: a beginning that some continuation could mend ends before the place, any other behind it.
 *
 * @param text what `JSON.parse` has refused
 * @example brokenAt('{"a": tru}') // { offset: 9, line: 1, column: 10 }
 */
export const jsonErrorPosition = (text: string): { readonly offset: number; readonly line: number; readonly column: number } => {
  let low = 0
  let high = text.length
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (isMendable(text.slice(0, middle + 1))) low = middle + 1
    else high = middle
  }
  const lines = text.slice(0, low).split('\n')
  return { offset: low, line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 }
}

const isMendable = (beginning: string): boolean => {
  try {
    JSON.parse(beginning)
    return true
  } catch (error) {
    const message = String(error)
    if (message.includes('Unexpected end')) return true
    const place = /at position (\d+)/.exec(message)?.[1]
    return place !== undefined && Number(place) >= beginning.length
  }
}

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
