import type { IncomingHttpHeaders } from 'node:http'
import * as z from 'zod'
import { DURATION_FORM, type Json, parseDuration } from '../../core/define.ts'
import { readJson } from '../../core/reading/json.ts'

const CLASS = /^([1-5])xx$/
const RANGE = /^([1-5]\d\d)-([1-5]\d\d)$/

const one = z.union([z.int().min(100).max(599), z.string().regex(CLASS), z.string().regex(RANGE)])

/** The statuses of a success: `200`, `"2xx"`, `"200-204"`, or a list of these. */
export const expectedStatus = z.union([one, z.array(one).min(1).max(20)])
/** The output of `expectedStatus`. */
export type ExpectedStatus = z.output<typeof expectedStatus>

/** Is this an expected status? @example isExpected('200-204', 203) // true */
export const isExpected = (expected: ExpectedStatus, status: number): boolean => {
  if (typeof expected === 'object') return expected.some((each) => isExpected(each, status))
  if (typeof expected === 'number') return status === expected
  const [from, to] = bounds(expected)
  return from <= status && status <= to
}

const bounds = (text: string): readonly [number, number] => {
  const [, hundreds] = CLASS.exec(text) ?? []
  if (hundreds) return [Number(hundreds) * 100, Number(hundreds) * 100 + 99]
  const [from, to] = text.split('-')
  return [Number(from), Number(to)]
}

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/
/** Headers of the connection and of the target, which a task may not set. */
const RESERVED = new Set([
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const headerName = z
  .string()
  .regex(TOKEN, 'must be a header name, such as "x-api-key"')
  .refine(
    (name) => !RESERVED.has(name.toLowerCase()) && !/^proxy-/i.test(name),
    'this header belongs to the connection; remove it',
  )

/** The input of the `http` task. */
export const httpInput = z.strictObject({
  method: z
    .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])
    .optional()
    .describe('The HTTP method. Default: GET, or POST with a body.'),
  url: z
    .url({ protocol: /^https?$/ })
    .max(8_192)
    .describe('URL to call: https or http, without credentials.'),
  headers: z
    .record(headerName, z.string().regex(VALUE, 'must be a header value on one line'))
    .default({})
    .describe('Request headers. `Idempotency-Key` has the same value in every attempt, unless the input sets it.'),
  body: z.json().optional().describe('Request body: a string is sent unchanged, any other value as JSON.'),
  expectedStatus: expectedStatus
    .default('2xx')
    .describe('Statuses of a success: 200, "2xx", "200-204", or a list of these. Other statuses fail or are retried.'),
  timeout: z
    .string()
    .refine((text) => (parseDuration(text) ?? 0) > 0, `must be ${DURATION_FORM}, above zero`)
    .optional()
    .describe('Timeout of the call with its redirects, such as "10s". The timeout of the task applies as well.'),
})

/** The output of `httpInput`. */
export type HttpInput = z.output<typeof httpInput>

/** A request to send. Header names are in lower case. */
export type Outgoing = {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** The most bytes of the response body to read. */
  readonly keepBytes: number
}

/** A received response. */
export type Incoming = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The body was longer than `keepBytes`. */
  readonly truncated: boolean
}

/** The method and URL of a request, such as `POST https://api.example.com/orders`. The query is omitted, because it can hold secrets. */
export const describeRequest = ({ method, url }: Pick<Outgoing, 'method' | 'url'>): string =>
  `${method} ${url.origin}${url.pathname}`

/** The body as JSON if it is complete JSON that `readJson` keeps unchanged, else as text; undefined without a body. */
export const readBody = ({ text, truncated, headers }: Incoming): Json | undefined => {
  if (text === '') return undefined
  return truncated || !/\bjson\b/i.test(headers['content-type'] ?? '') ? text : jsonOrText(text)
}

/** A JSON text as its value; as the text itself if it is not JSON, or if its value would be another, such as a number above 2^53. */
export const jsonOrText = (text: string): Json => {
  const read = readJson(text)
  return 'json' in read ? (read.json as Json) : text
}
