import { defineTask, type Json, LIMITS, parseDuration, retriable, type TaskType } from '../core/define.ts'
import { call } from './http/call.ts'
import { describeRequest, type HttpInput, httpInput, type Incoming, isExpected, type Outgoing, readBody } from './http/input.ts'
import { type Reach, readTarget } from './http/target.ts'
import { unexpectedResponse } from './http/unexpected.ts'

/** Response headers in the output. Others, such as cookies, can hold secrets. */
const OUTPUT_HEADERS = ['content-type', 'etag', 'last-modified', 'location', 'retry-after', 'x-request-id'] as const

/**
 * The task type `http`: one HTTP call. The output is `{status, headers, body, truncated?}`.
 *
 * @param reach the allowed addresses; `{ allow: 'public' }` refuses private, link-local, loopback and metadata addresses
 * @example httpTask({ allow: 'loopback' })
 */
export const httpTask = (reach: Reach): TaskType<typeof httpInput> =>
  defineTask('http', {
    description: 'Calls a URL. Retries network errors and 5xx, and waits for `Retry-After`.',
    input: httpInput,
    timeout: '30s',
    retry: { policy: 'exponential', wait: '5s', maxWait: '10m', attempts: 5 },
    failureField: 'body',
    run: async ({ input, signal, idempotencyKey }) => {
      const request = outgoing(input, idempotencyKey)
      const isExpectedStatus = (status: number) => isExpected(input.expectedStatus, status)
      const response = await withTimeout(input, signal, request, (bound) => call(request, reach, bound, isExpectedStatus))
      return isExpectedStatus(response.status) ? output(response) : unexpectedResponse(request, response, expectation(input))
    },
  })

const outgoing = (
  { url, headers, body, method = body === undefined ? 'GET' : 'POST' }: HttpInput,
  idempotencyKey: string,
): Outgoing => {
  const inputHeaders = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
  const type = typeof body === 'string' ? 'text/plain; charset=utf-8' : 'application/json'
  return {
    method,
    url: readTarget(url),
    headers: {
      'accept-encoding': 'identity', // the output holds the body as received, so it must not be compressed
      'user-agent': 'carillon',
      'idempotency-key': idempotencyKey,
      ...(body === undefined ? {} : { 'content-type': type }),
      ...inputHeaders,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    keepBytes: LIMITS.httpBodyBytes,
  }
}

/** Bounds the call by the timeout of the input as well. */
const withTimeout = async (
  { timeout }: HttpInput,
  signal: AbortSignal,
  request: Outgoing,
  run: (bound: AbortSignal) => Promise<Incoming>,
): Promise<Incoming> => {
  const timeoutMs = timeout === undefined ? undefined : parseDuration(timeout)
  if (timeoutMs === undefined) return run(signal)
  const timer = AbortSignal.timeout(timeoutMs)
  try {
    return await run(AbortSignal.any([signal, timer]))
  } catch (error) {
    if (!timer.aborted || signal.aborted) throw error
    throw retriable('Timeout', `${describeRequest(request)} took longer than ${timeout}`)
  }
}

const output = (response: Incoming): Json => {
  const headers = OUTPUT_HEADERS.map((name) => [name, response.headers[name]?.toString()] as const).filter(([, value]) => value)
  const body = readBody(response)
  return {
    status: response.status,
    headers: Object.fromEntries(headers),
    ...(body === undefined ? {} : { body }),
    ...(response.truncated ? { truncated: true } : {}),
  }
}

const expectation = ({ expectedStatus }: HttpInput): string => [expectedStatus].flat().join(' or ')
