import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { redirectOf } from '../../../handlers/http/call.ts'
import { expectedStatus, type Incoming, isExpected, type Outgoing, readBody } from '../../../handlers/http/input.ts'
import { retryAfterMs } from '../../../handlers/http/unexpected.ts'

const NOW = Date.UTC(2026, 10, 21, 20)

describe('Retry-After', () => {
  it.each([
    ['120', 120_000],
    [' 5 ', 5_000],
    ['0', LIMITS.httpRetryAfterLeastMs],
    ['99999999999999999999', LIMITS.httpRetryAfterMs],
    ['Sat, 21 Nov 2026 20:00:30 GMT', 30_000],
    ['Sat, 21 Nov 2026 19:00:00 GMT', LIMITS.httpRetryAfterLeastMs],
    ['Sun, 21 Nov 2027 20:00:00 GMT', LIMITS.httpRetryAfterMs],
    ['Saturday, 21-Nov-26 20:00:30 GMT', 30_000],
    ['Sunday, 06-Nov-94 08:49:37 GMT', LIMITS.httpRetryAfterLeastMs],
    ['Sat Nov 21 20:00:30 2026', 30_000],
    ['Sun Nov  6 08:49:37 1994', LIMITS.httpRetryAfterLeastMs],
  ])('%j means %d ms', (header, ms) => {
    expect(retryAfterMs(header, NOW)).toBe(ms)
  })

  it.each([
    undefined,
    '',
    'soon',
    '-5',
    '1.5',
    '2026-11-21',
    'Sat, 41 Nov 2026 20:00:30 GMT',
    'Saturday, 41-Nov-26 20:00:30 GMT',
  ])('%j is ignored', (header) => {
    expect(retryAfterMs(header, NOW)).toBeUndefined()
  })

  it('is limited to its bounds', () => {
    fc.assert(
      fc.property(fc.nat(), (seconds) => {
        const ms = retryAfterMs(String(seconds), NOW) ?? Number.NaN
        return ms >= LIMITS.httpRetryAfterLeastMs && ms <= LIMITS.httpRetryAfterMs
      }),
    )
  })
})

describe('a body', () => {
  const bodyOf = (text: string, type = 'application/json') =>
    readBody({ status: 200, headers: { 'content-type': type }, text, truncated: false })
  it.each([
    ['{"entry":9007199254740991}', { entry: 9007199254740991 }],
    ['{"entry":9007199254740992}', '{"entry":9007199254740992}'],
    ['{"entry":9007199254740993}', '{"entry":9007199254740993}'],
    ['{"entry":1e400}', '{"entry":1e400}'],
    ['{"a":1,"a":2}', '{"a":1,"a":2}'],
    ['\ufeff{}', '\ufeff{}'],
    ['nope', 'nope'],
    ['', undefined],
  ])('of type JSON is its value, or the text where the value would be another: %j', (text, body) =>
    expect(bodyOf(text)).toEqual(body),
  )
  it('of another type is its text', () => expect(bodyOf('{"a":1}', 'text/plain')).toBe('{"a":1}'))
})

describe('expected statuses', () => {
  it.each([
    [200, [200], [201, 404]],
    ['2xx', [200, 204, 299], [199, 300]],
    ['200-204', [200, 202, 204], [199, 205]],
    [
      [200, '404-410', '3xx'],
      [200, 304, 404, 410],
      [201, 403, 411],
    ],
  ] as const)('%j', (expected, are, areNot) => {
    const read = expectedStatus.parse(expected)
    for (const status of are) expect(isExpected(read, status)).toBe(true)
    for (const status of areNot) expect(isExpected(read, status)).toBe(false)
  })

  it.each([99, 600, '6xx', '200-', '20x', [], 200.5])('%j is refused', (expected) => {
    expect(expectedStatus.safeParse(expected).success).toBe(false)
  })
})

describe('redirects', () => {
  const request = (more: Partial<Outgoing> = {}): Outgoing => ({
    method: 'POST',
    url: new URL('https://api.example.com/a'),
    headers: {
      authorization: 'Bearer x',
      'x-api-key': 'y',
      'content-type': 'application/json',
      accept: '*/*',
      'idempotency-key': 'k',
    },
    body: '{}',
    keepBytes: 10,
    ...more,
  })
  const response = (status: number, location?: string): Incoming => ({
    status,
    headers: location === undefined ? {} : { location },
    text: '',
    truncated: false,
  })

  it('keep method, body and headers with 307 and 308 to the same origin', () => {
    for (const status of [307, 308]) {
      expect(redirectOf(request(), response(status, '/b'))).toEqual(request({ url: new URL('https://api.example.com/b') }))
    }
  })

  it('turn POST into GET with 301, 302 and 303', () => {
    for (const status of [301, 302, 303]) {
      const next = redirectOf(request(), response(status, '/b'))
      expect(next?.method).toBe('GET')
      expect(next && 'body' in next).toBe(false)
      expect(next?.headers).not.toHaveProperty('content-type')
      expect(next?.headers).toHaveProperty('authorization')
    }
  })

  it('keep PUT with 302 and HEAD with 303', () => {
    expect(redirectOf(request({ method: 'PUT' }), response(302, '/b'))?.method).toBe('PUT')
    expect(redirectOf(request({ method: 'HEAD' }), response(303, '/b'))?.method).toBe('HEAD')
  })

  it('send no secrets to another origin', () => {
    const next = redirectOf(request(), response(307, 'https://elsewhere.example.com/'))
    expect(next?.headers).toEqual({ 'content-type': 'application/json', accept: '*/*' })
  })

  it.each(['http://api.example.com/', 'file:///etc/passwd', 'https://user:secret@example.com/', 'http://['])(
    'to %s are refused',
    (location) => {
      expect(() => redirectOf(request(), response(302, location))).toThrowError(expect.objectContaining({ code: 'ForbiddenUrl' }))
    },
  )

  it('need a location', () => {
    expect(redirectOf(request(), response(302))).toBeUndefined()
    expect(redirectOf(request(), response(200, '/b'))).toBeUndefined()
    expect(redirectOf(request(), response(304, '/b'))).toBeUndefined()
  })
})
