import * as z from 'zod'
import { DURATION_FORM, parseDuration } from '../../core/define.ts'
import { expectedStatus } from './expected-status.ts'

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
  method: z.enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']).default('GET').describe('The HTTP method.'),
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
