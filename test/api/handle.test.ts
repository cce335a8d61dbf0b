import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { scene } from './scene.ts'

describe('paths and methods', () => {
  test.each([
    ['GET', '/'],
    ['GET', '/v1'],
    ['GET', '/v1/tasks/'],
    ['POST', '/v1//tasks'],
    ['OPTIONS', '/v2/tasks'],
    ['GET', '/v1/tasks/a/b/c'],
  ])('%s %s: 404', async (method, path) => {
    const { status, body } = await scene().request(method, path)
    expect([status, body.code]).toEqual([404, 'noRoute'])
  })

  test.each([
    ['DELETE', '/v1/tasks', 'GET, HEAD, OPTIONS, POST'],
    ['GET', '/v1/tasks/batch', 'OPTIONS, POST'],
    ['PATCH', '/v1/tasks/id0001', 'GET, HEAD, OPTIONS'],
    ['get', '/v1/health', 'GET, HEAD, OPTIONS'],
    ['constructor', '/v1/tasks/id0001/cancel', 'OPTIONS, POST'],
  ])('%s %s: 405 with the methods of the path', async (method, path, allow) => {
    const { status, headers, body } = await scene().request(method, path)
    expect([status, headers.allow, body.code]).toEqual([405, allow, 'methodNotAllowed'])
  })

  test('an id may be escaped', async () => {
    const { request, create } = scene()
    const { id } = (await create({ type: 'free', input: 1 })).body
    const escaped = [...id].map((character) => `%${character.charCodeAt(0).toString(16)}`).join('')
    expect((await request('GET', `/v1/%74asks/${escaped}`)).body).toMatchObject({ id })
    expect((await request('GET', '/v1/gates/type%2Efree')).body).toMatchObject({ gate: 'type.free' })
  })

  test.each(['%2Fattempts', '%2fattempts', '%00', '%zz', '%', '%25', '%252F'])(
    'an escaped character that no id has is no separator: %s',
    async (end) => {
      const { request, create } = scene()
      const { id } = (await create({ type: 'free', input: 1 })).body
      const { status, body } = await request('GET', `/v1/tasks/${id}${end}`)
      expect([status, body.code]).toEqual([404, 'unknown'])
    },
  )

  test('OPTIONS returns the same methods without a body', async () => {
    const { status, headers, body } = await scene().request('OPTIONS', '/v1/tasks')
    expect([status, headers.allow, body]).toEqual([204, 'GET, HEAD, OPTIONS, POST', undefined])
  })

  test('HEAD returns the headers of GET without a body', async () => {
    const { request, create } = scene()
    const { id } = (await create({ type: 'free', input: 'x'.repeat(1_000) })).body
    for (const path of [`/v1/tasks/${id}`, '/v1/tasks/none', '/v1/health', '/v1/tasks?limit=0']) {
      const [head, get] = [await request('HEAD', path), await request('GET', path)]
      expect(head).toEqual({ status: get.status, headers: get.headers, body: undefined })
    }
  })
})

describe('bodies', () => {
  const post = (text: string, type?: string) =>
    scene().request('POST', '/v1/tasks', { text, ...(type === undefined ? {} : { headers: { 'content-type': type } }) })
  const GOOD = '{"type":"free","input":1}'

  test.each([undefined, 'application/json', 'Application/JSON; charset=utf-8', 'application/vnd.acme+json'])(
    'of type %j are accepted',
    async (type) => {
      expect((await post(GOOD, type)).status).toBe(201)
    },
  )

  test.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', '???'])(
    'of type %j are refused',
    async (type) => {
      const { status, body } = await post(GOOD, type)
      expect([status, body.code, body.path]).toEqual([415, 'unsupportedMedia', '/headers/content-type'])
    },
  )

  test('with invalid JSON are refused with the position', async () => {
    const { status, body } = await post('{\n  "type": "free",\n  "input": nope\n}')
    expect(status).toBe(400)
    expect(body.detail).toBe('the body is not JSON: at offset 32 (line 3, column 13) "o" is unexpected')
    expect((await post('{"type":')).body.detail).toBe(
      'the body is not JSON: at offset 8 (line 1, column 9) the text ends too early',
    )
  })

  test('over the limit are 413, and the limit is in bytes, not characters', async () => {
    const { status, body } = await post(JSON.stringify({ type: 'free', input: 'ä'.repeat(LIMITS.requestBytes / 2) }))
    expect([status, body.code]).toEqual([413, 'tooLarge'])
    expect(body.detail).toContain(String(LIMITS.requestBytes))
  })

  test.each([99, 100, 500_000])('nested %i levels deep are bounded', async (depth) => {
    const { status, body } = await post(`{"type":"free","input":${'['.repeat(depth)}${']'.repeat(depth)}}`)
    expect(status).toBe(depth < LIMITS.jsonDepthCount ? 201 : 400)
    if (status === 400) expect(body).toMatchObject({ code: 'invalid', path: '/input/0/0' })
  })

  test('with a number beyond a double are refused with its path', async () => {
    const { status, body } = await post('{"type":"free","input":{"a":[1,1e999]}}')
    expect([status, body.path]).toEqual([400, '/input/a/1'])
  })
})

describe('queries', () => {
  test.each([
    ['colour=red', '/query/colour', /unknown field; the fields are state, type/],
    ['limit=1&limit=2', '/query/limit', /given 2 times; give it once/],
    ['limit=0', '/query/limit', /whole number from 1 to 100/],
    ['limit=1e1', '/query/limit', /"1e1"/],
    ['state=faild', '/query/state', /Did you mean "failed"\?/],
    ['from=yesterday', '/query/from', /ISO 8601/],
    ['state=', '/query/state', /one of/],
    ['from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z', '/query/to', /it must be after from/],
    ['__proto__=1', '/query/__proto__', /unknown field/],
  ])('%s is refused with its name', async (search, path, detail) => {
    const { status, body } = await scene().request('GET', `/v1/tasks?${search}`)
    expect([status, body.path]).toEqual([400, path])
    expect(body.detail).toMatch(detail)
  })

  test('of endpoints without parameters are refused too', async () => {
    expect((await scene().request('GET', '/v1/health?verbose=1')).body).toMatchObject({ status: 400, path: '/query/verbose' })
  })
})

describe('an error', () => {
  const broken = async (thrown: unknown) => {
    const { request, world } = scene()
    Object.assign(world.store, { get: () => Promise.reject(thrown) })
    return { ...(await request('GET', '/v1/tasks/id0001')), lines: world.lines }
  }

  test('of a service is a 503, and the cause is only in the log', async () => {
    const { status, headers, body, lines } = await broken(new Error('ProvisionedThroughputExceeded at 10.0.0.1'))
    expect([status, headers['retry-after'], body.code]).toEqual([503, '1', 'unavailable'])
    expect(JSON.stringify(body)).not.toContain('10.0.0.1')
    expect(lines).toMatchObject([{ level: 'error', message: 'api.fault', fields: { path: '/v1/tasks/id0001' } }])
  })

  test('of the program is a 500', async () => {
    const { status, headers, body, lines } = await broken(new TypeError('x is not a function'))
    expect([status, headers['retry-after'], body.code]).toEqual([500, undefined, 'defect'])
    expect(lines[0]?.message).toBe('api.defect')
  })
})
