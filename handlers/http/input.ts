import * as z from 'zod'
import { DURATION_FORM, parseDuration } from '../../core/define.ts'
import { expectedStatus } from './expected-status.ts'

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/
const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/
/** Headers that belong to the connection, or say where the request goes: those are not the task's to choose. */
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
  .refine((name) => !RESERVED.has(name.toLowerCase()) && !/^proxy-/i.test(name), 'this header is set by the connection itself')

/** The input of the `http` task. */
export const httpInput = z.strictObject({
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET').describe('The HTTP method.'),
  url: z
    .url({ protocol: /^https?$/ })
    .max(8_192)
    .describe('Where to. https or http, without credentials in it.'),
  headers: z
    .record(headerName, z.string().regex(VALUE, 'must be a header value on one line'))
    .default({})
    .describe('Request headers. `Idempotency-Key` is sent with the same value on every attempt unless you give your own.'),
  body: z.json().optional().describe('The request body: a text is sent as it is, anything else as JSON.'),
  expectedStatus: expectedStatus
    .default('2xx')
    .describe('Statuses that are a success: 200, "2xx", "200-204", or a list of such. Others fail or are tried again.'),
  timeout: z
    .string()
    .refine((text) => (parseDuration(text) ?? 0) > 0, `must be ${DURATION_FORM}, above zero`)
    .optional()
    .describe('How long the call may take, redirects included, such as "10s". The task\'s own timeout bounds it anyway.'),
})

/** What `httpInput` reads. */
export type HttpInput = z.output<typeof httpInput>
