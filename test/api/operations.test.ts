import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../../core/define.ts'
import type { Store } from '../../engine/world.ts'
import { type TestWorld, testWorld } from '../../testing/index.ts'
import { memoryStore } from '../../worlds/memory/store.ts'
import { engineWorld } from '../engine/world.ts'
import { ALICE, MALLORY, scene } from './scene.ts'

const greet = defineTask('greet', { input: z.unknown(), run: async () => 'hello' })
const broken = defineTask('broken', {
  input: z.unknown(),
  retry: { policy: 'none' },
  run: async ({ task }) => {
    if (task.tags.includes('mended')) return 'done'
    throw new Error('it broke')
  },
})

// biome-ignore lint/suspicious/noExplicitAny: tests read bodies of every shape; a wrong access fails the test
type Body = any
const open = async () => {
  const world = await testWorld({ types: [greet, broken] })
  const call = async (method: string, path: string, body?: unknown, headers?: Record<string, string>) => {
    const answer = await world.request(method, path, body, headers)
    return { ...answer, body: answer.body as Body }
  }
  /** Starts an operation and runs it to its end. */
  const run = async (operation: object): Promise<Body> => {
    const { body } = await call('POST', '/v1/operations', operation)
    await world.advance('1m')
    return (await call('GET', `/v1/operations/${body.id}`)).body
  }
  return { world, call, run, [Symbol.asyncDispose]: () => world.close() }
}
const many = async (world: TestWorld, count: number, tags: readonly string[] = []): Promise<readonly string[]> => {
  const ids: string[] = []
  for (let index = 0; index < count; index++) ids.push(await world.create(greet, {}, { delay: `${index + 1}h`, tags: [...tags] }))
  return ids
}

describe('a bulk operation', () => {
  test('is accepted, runs in the background, and shows its progress', async () => {
    await using api = await open()
    await many(api.world, 3, ['blue'])
    const [other = ''] = await many(api.world, 1)
    const started = await api.call('POST', '/v1/operations', { action: 'cancel', filter: { tag: 'blue' }, reason: 'wrong month' })
    expect([started.status, started.headers.location]).toEqual([202, `/v1/operations/${started.body.id}`])
    expect(started.body).toMatchObject({
      state: 'running',
      changed: 0,
      by: 'user:test',
      reason: 'wrong month',
      filter: { tag: 'blue' },
    })
    await api.world.advance('10s')
    const { body } = await api.call('GET', `/v1/operations/${started.body.id}`)
    expect(body).toMatchObject({
      state: 'succeeded',
      examined: 4,
      matched: 3,
      changed: 3,
      refused: 0,
      endedAt: expect.any(String),
    })
    await api.world.expectTask(other).toBe('scheduled')
    const cancelled = await api.world.tasks({ state: 'cancelled' })
    expect(cancelled).toHaveLength(3)
    expect(cancelled[0]?.history.at(-1)).toMatchObject({ by: `user:test via operation:${body.id}`, reason: 'wrong month' })
  })

  test('lists its results in pages', async () => {
    await using api = await open()
    const ids = await many(api.world, 5)
    const { id } = await api.run({ action: 'hold', filter: { type: 'greet' } })
    const first = (await api.call('GET', `/v1/operations/${id}/tasks?limit=3`)).body
    expect(first.items).toHaveLength(3)
    const second = (await api.call('GET', `/v1/operations/${id}/tasks?limit=3&cursor=${first.nextCursor}`)).body
    expect(second).not.toHaveProperty('nextCursor')
    expect([...first.items, ...second.items].map(({ task }: Body) => task)).toEqual(ids)
    expect(first.items[0]).toMatchObject({ result: 'changed', state: 'pending', at: expect.any(String) })
    const foreign = await api.call('GET', `/v1/operations/${id}/tasks?cursor=abc`)
    expect(foreign.body).toMatchObject({ status: 400, path: '/query/cursor' })
  })

  test('redrives only tasks that failed with a given error', async () => {
    await using api = await open()
    const failed = await api.world.create(broken, {})
    const fine = await api.world.create(greet, {})
    await api.world.advance('1m')
    const counted = await api.run({ action: 'redrive', filter: { errorCode: 'Error' }, dryRun: true })
    expect(counted).toMatchObject({ dryRun: true, matched: 1, changed: 0 })
    await api.world.expectTask(failed).toBe('failed')
    expect(await api.run({ action: 'redrive', filter: { errorCode: 'Error' } })).toMatchObject({ matched: 1, changed: 1 })
    expect((await api.world.get(failed)).history.filter(({ state }) => state === 'failed')).toHaveLength(2)
    await api.world.expectTask(fine).toSucceed()
    expect((await api.call('GET', '/v1/tasks?errorCode=Error')).body.items).toHaveLength(1)
    expect((await api.call('GET', '/v1/tasks?errorCode=Other')).body.items).toEqual([])
  })

  test('spreads rescheduled tasks over a duration', async () => {
    await using api = await open()
    await many(api.world, 20)
    const { notBefore } = await api.run({ action: 'reschedule', filter: { all: true }, delay: '2d', spread: '10m' })
    const times = (await api.world.tasks()).map((task) => Date.parse(task.notBefore) - Date.parse(notBefore))
    expect(Math.min(...times)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...times)).toBeLessThan(600_000)
    expect(new Set(times).size).toBeGreaterThan(10)
  })

  test('makes tasks ready at their time, or at another time', async () => {
    await using api = await open()
    const id = await api.world.create(greet, {}, { ready: false, delay: '1h' })
    await api.run({ action: 'ready', filter: { state: 'pending' } })
    await api.world.expectTask(id).toBe('scheduled')
    await api.run({ action: 'hold', filter: { type: 'greet' } })
    await api.run({ action: 'ready', filter: { state: 'pending' }, delay: '0s' })
    await api.world.expectTask(id).toSucceed()
  })

  test('is aborted between two pages, and its changes stay', async () => {
    await using api = await open()
    await many(api.world, 5)
    const order = { action: 'hold', filter: { all: true }, rate: { count: 2, per: '1h' } }
    const { body } = await api.call('POST', '/v1/operations', order)
    await api.world.advance('10m')
    const aborted = await api.call('POST', `/v1/operations/${body.id}/abort`, { reason: 'enough' })
    expect(aborted.body).toMatchObject({ state: 'aborted', changed: 2, abort: { by: 'user:test', reason: 'enough' } })
    expect(await api.call('POST', `/v1/operations/${body.id}/abort`)).toMatchObject({ status: 200, body: { state: 'aborted' } })
    await api.world.advance('3h')
    expect((await api.call('GET', `/v1/operations/${body.id}`)).body.changed).toBe(2)
  })

  test('cannot be aborted after it has succeeded', async () => {
    await using api = await open()
    const { id } = await api.run({ action: 'hold', filter: { all: true } })
    const { status, body } = await api.call('POST', `/v1/operations/${id}/abort`)
    expect([status, body.code, body.state]).toEqual([409, 'finished', 'succeeded'])
  })

  test('keeps its rate', async () => {
    await using api = await open()
    await many(api.world, 10)
    const order = { action: 'hold', filter: { all: true }, rate: { count: 2, per: '1m' } }
    const { body } = await api.call('POST', '/v1/operations', order)
    const seen: number[] = []
    for (let minute = 0; minute < 5; minute++) {
      await api.world.advance(minute === 0 ? '30s' : '1m')
      seen.push((await api.call('GET', `/v1/operations/${body.id}`)).body.changed)
    }
    expect(seen).toEqual([2, 4, 6, 8, 10])
  })

  test('with an idempotency key is started once', async () => {
    await using api = await open()
    const order = { action: 'hold', filter: { all: true } }
    const headers = { 'Idempotency-Key': 'evening' }
    const first = await api.call('POST', '/v1/operations', order, headers)
    const again = await api.call('POST', '/v1/operations', order, headers)
    expect([again.status, again.body.id, again.headers['idempotent-replayed']]).toEqual([202, first.body.id, 'true'])
    const other = await api.call('POST', '/v1/operations', { ...order, action: 'ready' }, headers)
    expect(other.body).toMatchObject({ status: 409, code: 'idempotencyConflict' })
  })
})

test('a tenant lists only its own operations, newest first', async () => {
  await using api = await open()
  const ids: string[] = []
  for (const action of ['hold', 'ready', 'cancel']) ids.unshift((await api.run({ action, filter: { all: true } })).id)
  const first = (await api.call('GET', '/v1/operations?limit=2')).body
  expect(first.items.map(({ id }: Body) => id)).toEqual(ids.slice(0, 2))
  const second = (await api.call('GET', `/v1/operations?limit=2&cursor=${first.nextCursor}`)).body
  expect(second.items.map(({ id }: Body) => id)).toEqual(ids.slice(2))
  const other = api.world.as('umbrella')
  expect((await other.request('GET', '/v1/operations')).body).toEqual({ items: [] })
  for (const [method, path] of [
    ['GET', ''],
    ['GET', '/tasks'],
    ['POST', '/abort'],
  ] as const)
    expect(await other.request(method, `/v1/operations/${ids[0]}${path}`)).toMatchObject({
      status: 404,
      body: { code: 'unknown' },
    })
})

describe('a bulk request is refused', () => {
  test.each<[string, object, string, RegExp]>([
    [
      'with an empty filter',
      { action: 'cancel', filter: {} },
      '/filter',
      /the filter is empty; give at least one of state, type/,
    ],
    [
      'with a filter that has `all` and another field',
      { action: 'cancel', filter: { type: 'a', all: true } },
      '/filter',
      /"all": true given together with another field; give one of them/,
    ],
    ['without a filter', { action: 'cancel' }, '/filter', /missing/],
    ['with an unknown action', { action: 'delete', filter: { all: true } }, '/action', /it must be one of "cancel", "redrive"/],
    ['to reschedule without a time', { action: 'reschedule', filter: { all: true } }, '/notBefore', /needs notBefore or delay/],
    [
      'to reschedule with two times',
      { action: 'reschedule', filter: { all: true }, delay: '1h', notBefore: '2030-01-01T00:00:00Z' },
      '/delay',
      /give one of them/,
    ],
    ['to cancel with a time', { action: 'cancel', filter: { all: true }, delay: '1h' }, '/delay', /only reschedule and ready/],
    ['to spread without a time', { action: 'ready', filter: { all: true }, spread: '1h' }, '/spread', /given without notBefore/],
    [
      'with a time beyond ten years',
      { action: 'ready', filter: { all: true }, notBefore: '2099-01-01T00:00:00Z' },
      '/notBefore',
      /ten years/,
    ],
    [
      'with an empty time range',
      { action: 'hold', filter: { from: '2030-01-02T00:00:00Z', to: '2030-01-01T00:00:00Z' } },
      '/filter/to',
      /must be after from/,
    ],
    [
      'with a rate above a thousand tasks a second',
      { action: 'hold', filter: { all: true }, rate: { count: 2_001, per: '2s' } },
      '/rate/count',
      /at most 2000/,
    ],
    [
      'with a rate of zero',
      { action: 'hold', filter: { all: true }, rate: { count: 0, per: '1m' } },
      '/rate/count',
      /at least 1/,
    ],
    ['with the name of another caller', { action: 'hold', filter: { all: true }, by: 'user:bob' }, '/by', /unknown field/],
  ])('%s', async (_, body, path, words) => {
    const answer = await scene().request('POST', '/v1/operations', { body })
    expect([answer.status, answer.body.path]).toEqual([400, path])
    expect(answer.body.detail).toMatch(words)
  })

  test('without the scope carillon/write', async () => {
    const caller = { ...MALLORY, scopes: ['carillon/read'] } as const
    const body = { action: 'hold', filter: { all: true } }
    expect((await scene().request('POST', '/v1/operations', { body, caller })).status).toBe(403)
    expect((await scene().request('GET', '/v1/operations', { caller: { ...ALICE, scopes: ['carillon/read'] } })).status).toBe(200)
  })
})

test('a start without a key is accepted although the answer of its write was lost and its first page is running', async () => {
  const store = memoryStore(':memory:')
  const put: Store['put'] = async (row, expected) => {
    if (row.kind !== 'operation' || expected > 0) return store.put(row, expected)
    await store.put(row, expected)
    await store.put({ ...row, version: 2 }, 1)
    return store.put(row, expected)
  }
  const { request } = scene(Object.assign(engineWorld(), { store: { ...store, put } }))
  const { status, body } = await request('POST', '/v1/operations', { body: { action: 'hold', filter: { all: true } } })
  expect([status, body.state]).toEqual([202, 'running'])
  store.close()
})
