import type { ServerResponse } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { countedAttempts } from '../../core/task/row.ts'
import { execute } from '../../engine/execute/execute.ts'
import { httpTask } from '../../handlers/http.ts'
import { POLICY } from '../core/task/rows.ts'
import { appOf, engineWorld, given, messageFor, rowOf } from '../engine/world.ts'
import { attempt } from './attempt.ts'
import { type Got, json, type Service, serve } from './service.ts'

const local = httpTask({ allow: 'loopback' })
const services: Service[] = []
const service = async (answer: (got: Got, response: ServerResponse) => void) => {
  const one = await serve(answer)
  services.push(one)
  return one
}
afterEach(async () => {
  for (const one of services.splice(0)) await one.close()
})

describe('the http task', () => {
  it('sends JSON with an idempotency key and returns status, selected headers and the parsed body', async () => {
    const server = await service((_, response) => json(response, 201, { id: 7 }, { etag: '"a"', 'set-cookie': 'secret=1' }))
    const result = await attempt(local, {
      method: 'POST',
      url: `${server.url}/orders?key=s`,
      headers: { 'X-Api-Key': 'k' },
      body: { n: 1 },
    })
    expect(result).toEqual({
      outcome: 'succeeded',
      json: { status: 201, headers: { 'content-type': 'application/json', etag: '"a"' }, body: { id: 7 } },
    })
    expect(server.got).toHaveLength(1)
    expect(server.got[0]).toMatchObject({ method: 'POST', path: '/orders?key=s', body: '{"n":1}' })
    expect(server.got[0]?.headers).toMatchObject({
      'idempotency-key': 'carillon-task-1',
      'content-type': 'application/json',
      'content-length': '7',
      'x-api-key': 'k',
    })
  })

  it('sends a string unchanged, and prefers the headers of the input', async () => {
    const server = await service((_, response) => response.end('done'))
    const headers = { 'Content-Type': 'text/csv', 'Idempotency-Key': 'mine' }
    const result = await attempt(local, { method: 'PUT', url: server.url, headers, body: 'a;b' })
    expect(result).toMatchObject({ outcome: 'succeeded', json: { status: 200, body: 'done' } })
    expect(server.got[0]).toMatchObject({ body: 'a;b', headers: { 'content-type': 'text/csv', 'idempotency-key': 'mine' } })
  })

  it.each([
    [{}, 'GET', ''],
    [{ body: { n: 1 } }, 'POST', '{"n":1}'],
    [{ body: 'x', method: 'PUT' as const }, 'PUT', 'x'],
  ])('sends GET without a body and POST with one, unless the input has a method: %j', async (more, method, body) => {
    const server = await service((_, response) => response.end())
    await attempt(local, { url: server.url, ...more })
    expect(server.got).toMatchObject([{ method, body }])
  })

  it('has no body in the output without a response body', async () => {
    const server = await service((_, response) => response.writeHead(204).end())
    expect(await attempt(local, { url: server.url })).toEqual({ outcome: 'succeeded', json: { status: 204, headers: {} } })
  })

  it('returns a body as text if its content type is JSON and it is not', async () => {
    const server = await service((_, response) => response.writeHead(200, { 'content-type': 'application/json' }).end('{oops'))
    expect(await attempt(local, { url: server.url })).toMatchObject({ outcome: 'succeeded', json: { body: '{oops' } })
  })

  it('truncates a large body so that the output fits into a payload', async () => {
    const server = await service((_, response) => response.end('\u0000'.repeat(2_000_000)))
    const result = await attempt(local, { url: server.url })
    expect(result).toMatchObject({ outcome: 'succeeded', json: { truncated: true, body: '\u0000'.repeat(LIMITS.httpBodyBytes) } })
    expect(JSON.stringify(result).length).toBeLessThan(LIMITS.payloadBytes)
  })

  it.each([
    [400, false],
    [401, false],
    [404, false],
    [409, false],
    [408, true],
    [425, true],
    [500, true],
    [502, true],
    [503, true],
  ])('fails with %d, retriable: %s', async (status, retriable) => {
    const server = await service((_, response) => json(response, status, { why: 'no' }))
    const result = await attempt(local, { url: `${server.url}/a?secret=1` })
    const message = `GET ${server.url}/a answered ${status}, not 2xx: {"why":"no"}`
    expect(result).toEqual({ outcome: 'failed', error: { code: `Http${status}`, message, retriable } })
  })

  it('accepts the expected statuses, redirects too', async () => {
    const server = await service((_, response) => response.writeHead(302, { location: '/elsewhere' }).end())
    const result = await attempt(local, { url: server.url, expectedStatus: ['2xx', 302] })
    expect(result).toMatchObject({ outcome: 'succeeded', json: { status: 302, headers: { location: '/elsewhere' } } })
    expect(server.got).toHaveLength(1)
  })

  it('fails without retry if a success is not expected, because a retry would repeat the work', async () => {
    const server = await service((_, response) => response.writeHead(200).end())
    expect(await attempt(local, { url: server.url, expectedStatus: 201 })).toMatchObject({
      error: { code: 'Http200', retriable: false },
    })
  })

  it.each([429, 503])('snoozes as %d requests, without counting an attempt', async (status) => {
    const server = await service((_, response) => response.writeHead(status, { 'retry-after': '17' }).end())
    expect(await attempt(local, { url: server.url })).toMatchObject({ outcome: 'snoozed', delayMs: 17_000 })
  })

  it('snoozes after a 429 without Retry-After: throttling is no failed attempt', async () => {
    const server = await service((_, response) => response.writeHead(429, { 'retry-after': 'soon' }).end())
    expect(await attempt(local, { url: server.url })).toMatchObject({ outcome: 'snoozed', delayMs: LIMITS.throttledMs })
  })

  it.each([429, 503])('snoozes until the date of %d', async (status) => {
    const inAMinute = new Date(Date.now() + 60_000).toUTCString()
    const server = await service((_, response) => response.writeHead(status, { 'retry-after': inAMinute }).end())
    const result = await attempt(local, { url: server.url })
    expect(result).toMatchObject({ outcome: 'snoozed' })
    const { delayMs = 0 } = result as { readonly delayMs?: number }
    expect(delayMs > LIMITS.httpRetryAfterLeastMs && delayMs <= 60_000).toBe(true)
  })

  it('can be snoozed by Retry-After any number of times and keeps all attempts', async () => {
    const server = await service((_, response) => response.writeHead(429, { 'retry-after': '17' }).end())
    const world = engineWorld()
    const policy = { ...POLICY, type: 'http', retry: { policy: 'none' } } as const
    await given(world, 't1', { policy, input: { inline: { url: server.url } } })
    for (let turn = 1; turn <= 3; turn++) {
      await execute(world, appOf(local), messageFor(await rowOf(world, 't1')))
      expect(await rowOf(world, 't1')).toMatchObject({
        state: 'scheduled',
        dueAt: world.now + 17_000,
        attempt: turn,
        snoozes: turn,
      })
      world.advance(17_000)
    }
    expect(countedAttempts(await rowOf(world, 't1'))).toBe(0)
  })

  it('ignores Retry-After on other failures', async () => {
    const server = await service((_, response) => response.writeHead(500, { 'retry-after': '17' }).end())
    expect(await attempt(local, { url: server.url })).toMatchObject({
      outcome: 'failed',
      error: { code: 'Http500', retriable: true },
    })
  })

  it('follows redirects', async () => {
    const server = await service(({ path }, response) =>
      path === '/a' ? response.writeHead(307, { location: '/b' }).end() : json(response, 200, { path }),
    )
    const result = await attempt(local, { method: 'POST', url: `${server.url}/a`, body: 'x' })
    expect(result).toMatchObject({ outcome: 'succeeded', json: { body: { path: '/b' } } })
    expect(server.got.map(({ method, body }) => [method, body])).toEqual([
      ['POST', 'x'],
      ['POST', 'x'],
    ])
  })

  it('follows redirects up to the bound', async () => {
    const server = await service((_, response) => response.writeHead(302, { location: '/again' }).end())
    expect(await attempt(local, { url: server.url })).toMatchObject({ error: { code: 'TooManyRedirects', retriable: false } })
    expect(server.got).toHaveLength(LIMITS.httpRedirectsCount + 1)
  })

  it('retries if the connection closes in the middle of the response', async () => {
    const server = await service((_, response) => {
      response.writeHead(200, { 'content-length': '100' }).write('half')
      response.socket?.destroy()
    })
    expect(await attempt(local, { url: server.url })).toMatchObject({ error: { code: 'ConnectionFailed', retriable: true } })
  })

  it('retries if the connection is refused', async () => {
    const { url, close } = await serve(() => {})
    await close()
    const result = await attempt(local, { url })
    expect(result).toMatchObject({
      error: { code: 'ConnectionFailed', retriable: true, message: expect.stringContaining('ECONNREFUSED') },
    })
  })

  it.each([
    ['before the answer', () => {}],
    ['in the middle of the answer', (_: Got, response: ServerResponse) => void response.writeHead(200).write('half')],
  ])('stops at the timeout of its input %s, and is retriable', async (_, answer) => {
    const server = await service(answer)
    const result = await attempt(local, { url: server.url, timeout: '50ms' })
    expect(result).toMatchObject({
      outcome: 'failed',
      error: { code: 'Timeout', retriable: true, message: expect.stringContaining('50ms') },
    })
  })

  it('stops with the reason of the signal when the task is stopped', async () => {
    const stop = new AbortController()
    const server = await service(() => stop.abort(new DOMException('the claim is lost', 'AbortError')))
    const result = await attempt(local, { url: server.url, timeout: '1m' }, { signal: stop.signal })
    expect(result).toMatchObject({ outcome: 'failed', error: { message: 'the claim is lost' } })
  })

  it.each([
    [{ url: 'ftp://example.com' }],
    [{ url: 'https://example.com', headers: { host: 'internal' } }],
    [{ url: 'https://example.com', headers: { 'Transfer-Encoding': 'chunked' } }],
    [{ url: 'https://example.com', headers: { 'x-a': 'b\r\nx-c: d' } }],
    [{ url: 'https://example.com', headers: { 'x a': 'b' } }],
    [{ url: 'https://example.com', method: 'CONNECT' }],
    [{ url: 'https://example.com', timeout: 'soon' }],
    [{ url: 'https://example.com', tiemout: '5s' }],
    [{}],
  ])('refuses the input %j', (input) => {
    expect(local.input.safeParse(input).success).toBe(false)
  })
})
