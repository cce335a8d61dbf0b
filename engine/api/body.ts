import { LIMITS } from '../../core/limits.ts'
import { show } from '../../core/reading/messages.ts'
import { pointer } from '../../core/reading/read.ts'
import { type Refusal, refuse } from '../../core/refusal.ts'
import { brokenAt } from './broken.ts'
import type { Request } from './http.ts'

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
    const { offset, line, column } = brokenAt(body)
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
