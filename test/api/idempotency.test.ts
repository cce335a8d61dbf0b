import { describe, expect, test } from 'vitest'
import { MALLORY, scene } from './scene.ts'

const KEY = { 'idempotency-key': 'order-17' }

describe('an Idempotency-Key', () => {
  test('creates one task for repeated requests', async () => {
    const { create } = scene()
    const body = { type: 'free', input: { a: 1, b: [{ c: 2, d: 3 }] }, delay: '1m' }
    const first = await create(body, { headers: KEY })
    const again = await create(body, { headers: KEY })
    expect([first.status, again.status]).toEqual([201, 200])
    expect(again.body).toEqual(first.body)
    expect(first.headers['idempotent-replayed']).toBeUndefined()
    expect(again.headers).toMatchObject({ 'idempotent-replayed': 'true', location: `/v1/tasks/${first.body.id}` })
    expect(first.body.id).toMatch(/^[a-z0-9]{26}$/)
  })

  test('ignores the order of fields', async () => {
    const { create } = scene()
    await create({ type: 'free', input: { a: 1, b: 2 } }, { headers: KEY })
    expect((await create({ input: { b: 2, a: 1 }, type: 'free' }, { headers: KEY })).status).toBe(200)
  })

  test('returns the current task', async () => {
    const { create, request, world } = scene()
    const body = { type: 'free', input: 1, delay: '1m' }
    const { id } = (await create(body, { headers: KEY })).body
    await request('POST', `/v1/tasks/${id}/cancel`)
    world.advance(5_000)
    expect((await create(body, { headers: KEY })).body.state).toBe('cancelled')
  })

  test('with another body is a conflict and writes nothing', async () => {
    const { create, request, world } = scene()
    await create({ type: 'free', input: 1 }, { headers: KEY })
    const other = await request('POST', '/v1/tasks', { body: { type: 'free', input: 2 }, headers: KEY })
    expect(other.status).toBe(409)
    expect(other.body).toMatchObject({ code: 'idempotencyConflict', path: '/headers/idempotency-key', state: 'scheduled' })
    expect(await world.store.agenda({ tenant: 'acme', order: 'latest', limit: 9 })).toHaveLength(1)
  })

  test('is separate for each tenant', async () => {
    const { create } = scene()
    const own = await create({ type: 'free', input: 1 }, { headers: KEY })
    const foreign = await create({ type: 'free', input: 2 }, { headers: KEY, caller: MALLORY })
    expect(foreign.status).toBe(201)
    expect(foreign.body.id).not.toBe(own.body.id)
  })

  test('lets one of several concurrent requests create the task, and the others return it', async () => {
    const { create, world } = scene()
    const answers = await Promise.all([1, 2, 3].map(() => create({ type: 'free', input: 1 }, { headers: KEY })))
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201])
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1)
    expect(world.lines.filter(({ message }) => message === 'task.created')).toHaveLength(1)
  })

  test('recognizes its own row if the response of the write was lost and the client of the store wrote again', async () => {
    const { create, world } = scene()
    const { put } = world.store
    const twice: typeof put = async (row, expected) => {
      await put(row, expected)
      return put(row, expected)
    }
    Object.assign(world.store, { put: twice })
    expect((await create({ type: 'free', input: 1 }, { headers: KEY })).status).toBe(201)
  })

  test.each([
    ['empty', ''],
    ['too long', 'k'.repeat(256)],
    ['of two lines', 'a\nb'],
  ])('is refused if it is %s', async (_, key) => {
    const { request } = scene()
    const { status, body } = await request('POST', '/v1/tasks', {
      body: { type: 'free', input: 1 },
      headers: { 'idempotency-key': key },
    })
    expect([status, body.path]).toEqual([400, '/headers/idempotency-key'])
  })
})
