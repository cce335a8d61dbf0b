import { describe, expect, test } from 'vitest'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { NOON } from '../core/task/rows.ts'
import { keyOf } from '../engine/world.ts'
import { scene } from './scene.ts'

describe('a task is created', () => {
  test('for now, with the defaults of its type and lane', async () => {
    const { create } = scene()
    const { status, headers, body } = await create({ type: 'greet', input: { name: 'Ada' } })
    expect(status).toBe(201)
    expect(headers).toEqual({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      location: `/v1/tasks/${body.id}`,
    })
    expect(body).toEqual({
      id: 'id0001',
      tenant: 'acme',
      type: 'greet',
      state: 'scheduled',
      notBefore: iso(NOON),
      dueAt: iso(NOON),
      attempt: 0,
      createdAt: iso(NOON),
      lane: 'normal',
      timeout: '50s',
      retry: { policy: 'exponential', wait: '5s', maxWait: '10m', attempts: 3 },
      input: { name: 'Ada' },
      history: [{ at: iso(NOON), state: 'scheduled', by: 'user:alice', command: 'create' }],
      tags: [],
      environmentId: 'test',
      version: 1,
    })
  })

  test('with all fields', async () => {
    const { create, world } = scene()
    const { body } = await create({
      type: 'report',
      input: { month: 2 },
      notBefore: iso(NOON + 3_600_000),
      ready: false,
      timeout: '30s',
      expiresAfter: '10m',
      retry: { policy: 'none' },
      lane: 'long',
      tags: ['blue', 'urgent'],
      onFailure: 'free',
    })
    expect(body).toMatchObject({
      state: 'pending',
      notBefore: iso(NOON + 3_600_000),
      expiresAt: iso(NOON + 4_200_000),
      dueAt: iso(NOON + 4_200_000),
      timeout: '30s',
      retry: { policy: 'none' },
      lane: 'long',
      tags: ['blue', 'urgent'],
      onFailure: 'free',
    })
    expect(await world.store.get(keyOf(body.id))).toMatchObject({
      schema: 3,
      events: 'all',
      onFailure: { type: 'free', schema: 1, lane: 'normal', timeoutMs: 50_000 },
    })
  })

  test('with the settings of its type, which are stored on the row', async () => {
    const { create } = scene()
    const { body } = await create({ type: 'report', input: { month: 2 } })
    expect(body).toMatchObject({
      lane: 'low',
      timeout: '20s',
      retry: { policy: 'fixed', wait: '1m', attempts: 5 },
      onFailure: 'notify',
    })
  })

  test('after a delay; a past time means now, and the deadline counts from then', async () => {
    const { create } = scene()
    expect((await create({ type: 'free', input: 1, delay: '90s' })).body.notBefore).toBe(iso(NOON + 90_000))
    const late = await create({ type: 'free', input: 1, notBefore: iso(NOON - 5_000), expiresAfter: '1s' })
    expect(late.body).toMatchObject({ notBefore: iso(NOON), expiresAt: iso(NOON + 1_000) })
  })

  test('after the row of its tenant', async () => {
    const { create, world } = scene()
    const order: string[] = []
    const { put } = world.store
    const watched: typeof put = async (row, expected) => {
      order.push(row.kind)
      return put(row, expected)
    }
    Object.assign(world.store, { put: watched })
    await create({ type: 'free', input: 1 })
    await create({ type: 'free', input: 2 })
    expect(order).toEqual(['tenant', 'task', 'task'])
  })

  test('with an input of null, false or 0', async () => {
    const { create } = scene()
    for (const input of [null, false, 0, '']) expect((await create({ type: 'free', input })).body.input).toBe(input)
  })

  test('with a large input, which is stored beside the row and shown completely', async () => {
    const { create, request, world } = scene()
    const input = 'x'.repeat(100_000)
    const { body } = await create({ type: 'free', input })
    expect(body.input).toBe(input)
    expect(await world.store.get(keyOf(body.id))).toMatchObject({ input: { bytes: 100_002 } })
    expect((await request('GET', `/v1/tasks/${body.id}`)).body.input).toBe(input)
  })
})

describe('a task is refused', () => {
  const refused: readonly (readonly [string, unknown, string, RegExp])[] = [
    ['without a type', { input: 1 }, '/type', /\/type: missing; it must be a string/],
    ['without an input', { type: 'free' }, '/input', /\/input: missing/],
    ['of an unknown type', { type: 'gret', input: 1 }, '/type', /no task type "gret"; did you mean greet\?/],
    [
      'with an unknown field',
      { type: 'free', input: 1, prioritie: 1 },
      '/prioritie',
      /\/prioritie: unknown field; the fields are type, input/,
    ],
    ['with a misspelt field', { type: 'free', input: 1, tag: ['a'] }, '/tag', /Did you mean "tags"\?/],
    [
      'with an input that does not match its schema',
      { type: 'report', input: { month: 13 } },
      '/input/month',
      /\/input\/month: 13; it must be at most 12/,
    ],
    [
      'with an input whose schema throws',
      { type: 'touchy', input: 'no url' },
      '/input',
      /type touchy cannot parse the input: Invalid URL/,
    ],
    ['with two times', { type: 'free', input: 1, notBefore: iso(NOON), delay: '1s' }, '/delay', /give one of them/],
    [
      'with a time without offset',
      { type: 'free', input: 1, notBefore: '2030-01-01T00:00:00' },
      '/notBefore',
      /ISO 8601 time with offset/,
    ],
    [
      'with a time beyond the horizon',
      { type: 'free', input: 1, notBefore: '2099-01-01T00:00:00Z' },
      '/notBefore',
      /ten years ahead/,
    ],
    [
      'with a duration in words',
      { type: 'free', input: 1, delay: '5 minutes' },
      '/delay',
      /"5 minutes"; it must be a whole number with a unit/,
    ],
    ['with no deadline at all', { type: 'free', input: 1, expiresAfter: '0s' }, '/expiresAfter', /from 1ms/],
    [
      'with a timeout over its lane',
      { type: 'free', input: 1, timeout: '2m' },
      '/timeout',
      /lane normal allows; the timeout must be at most 50s/,
    ],
    [
      'on a lane too short for its type',
      { type: 'slow', input: 1, lane: 'high' },
      '/lane',
      /is longer than lane high allows; the timeout of type slow must be at most 50s/,
    ],
    ['on an unknown lane', { type: 'free', input: 1, lane: 'lo' }, '/lane', /no lane "lo".*There are high, normal, low, long/],
    [
      'on a lane named like a property of every object',
      { type: 'free', input: 1, lane: 'constructor' },
      '/lane',
      /no lane "constructor"/,
    ],
    ['with an unknown failure type', { type: 'free', input: 1, onFailure: 'nobody' }, '/onFailure', /no task type "nobody"/],
    [
      'with an unknown policy',
      { type: 'free', input: 1, retry: { policy: 'often' } },
      '/retry/policy',
      /"often"; it must be one of "none", "fixed"/,
    ],
    [
      'with too many attempts',
      { type: 'free', input: 1, retry: { policy: 'fixed', attempts: 1e6 } },
      '/retry/attempts',
      /from 1 to 100/,
    ],
    ['with an invalid wait', { type: 'free', input: 1, retry: { policy: 'fixed', wait: 'x' } }, '/retry/wait', /wait is "x"/],
    [
      'with a field of another policy',
      { type: 'free', input: 1, retry: { policy: 'fixed', maxWait: '1m' } },
      '/retry/maxWait',
      /"exponential" only/,
    ],
    [
      'with too many tags',
      { type: 'free', input: 1, tags: Array(11).fill('a') },
      '/tags',
      /has 11 entries; it must have at most 10/,
    ],
    ['with a tag of two lines', { type: 'free', input: 1, tags: ['a', 'b\nc'] }, '/tags/1', /"b\\nc"; it must be one line/],
    ['with ready as a text', { type: 'free', input: 1, ready: 'yes' }, '/ready', /"yes"; it must be true or false/],
    ['with null for absent', { type: 'free', input: 1, lane: null }, '/lane', /null; it must be a string/],
    ['as a list', [], '', /the request: \[\]; it must be an object/],
  ]

  test.each(refused)('%s', async (_, body, path, detail) => {
    const { request, world } = scene()
    const answer = await request('POST', '/v1/tasks', { body })
    expect(answer.status).toBe(400)
    expect(answer.headers['content-type']).toBe('application/problem+json')
    expect(answer.body).toMatchObject({ code: 'invalid', path, instance: '/v1/tasks', type: 'urn:carillon:problem:invalid' })
    expect(answer.body.detail).toMatch(detail)
    expect(await world.store.agenda({ tenant: 'acme', order: 'latest', limit: 1 })).toEqual([])
  })

  test('with all errors in one answer', async () => {
    const { request } = scene()
    const { body } = await request('POST', '/v1/tasks', { body: { type: 7, tags: 'a', hello: 1 } })
    expect(body.detail).toMatch(/\/type: 7.*\/input: missing.*\/tags: "a".*\/hello: unknown field/)
  })

  test('with a field __proto__, like any other unknown field', async () => {
    const { request } = scene()
    const { status, body } = await request('POST', '/v1/tasks', { text: '{"type":"free","input":1,"__proto__":{"lane":"x"}}' })
    expect([status, body.path]).toEqual([400, '/__proto__'])
  })

  test('with an input over the limit: 413, and the limit is named', async () => {
    const { request } = scene()
    const { status, body } = await request('POST', '/v1/tasks', {
      body: { type: 'free', input: 'x'.repeat(LIMITS.payloadBytes) },
    })
    expect(status).toBe(413)
    expect(body).toMatchObject({ code: 'tooLarge', path: '/input' })
    expect(body.detail).toContain('262144')
  })
})
