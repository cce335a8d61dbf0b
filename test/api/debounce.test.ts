import { describe, expect, test } from 'vitest'
import { iso } from '../../core/instant.ts'
import { execute } from '../../engine/execute/execute.ts'
import { messageFor, rowOf } from '../engine/world.ts'
import { scene } from './scene.ts'

const MINUTE = 60_000
const body = (input: unknown, more: object = {}) => ({
  type: 'free',
  input,
  debounce: { key: 'catalogue', delay: '5m', maxDelay: '12m', ...more },
})

describe('a debounced task', () => {
  test('runs once with the last input, at the delay after the last request', async () => {
    const { create, world } = scene()
    const first = await create(body('a'))
    expect([first.status, first.body.notBefore]).toEqual([201, iso(world.now + 5 * MINUTE)])
    expect(first.body).not.toHaveProperty('debounced')
    world.advance(3 * MINUTE)
    const second = await create(body('b'))
    expect(second.status).toBe(200)
    expect(second.body).toMatchObject({
      id: first.body.id,
      input: 'b',
      notBefore: iso(world.now + 5 * MINUTE),
      debounced: true,
    })
    expect(second.body).not.toHaveProperty('duplicate')
  })

  test('accepts concurrent requests; a request that loses the race writes nothing', async () => {
    const { create, world } = scene()
    const answers = await Promise.all(Array.from({ length: 100 }, (_, index) => create(body(index))))
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(99)
    const [id, ...others] = new Set(answers.map((answer) => answer.body.id))
    expect(others).toEqual([])
    const { input } = await rowOf(world, id)
    // A request that loses the race gets the winning task.
    expect(answers.at(-1)?.body.input).toBe('inline' in input && input.inline)
  })

  test('is never postponed beyond its maximum delay after the first request', async () => {
    const { create, world } = scene()
    const latest = iso(world.now + 12 * MINUTE)
    const { id } = (await create(body(0))).body
    for (let minute = 1; minute <= 2; minute++) {
      world.advance(4 * MINUTE)
      await create(body(minute))
    }
    expect((await create(body('last'))).body).toMatchObject({ id, input: 'last', notBefore: latest })
  })

  test('refuses a nudge of its former time and runs at the new one', async () => {
    const { create, world, app } = scene()
    const { id } = (await create(body('a'))).body
    const stale = messageFor(await rowOf(world, id))
    world.advance(3 * MINUTE)
    await create(body('b'))
    world.advance(2 * MINUTE)
    await execute(world, app, stale)
    expect((await rowOf(world, id)).state).toBe('scheduled')
    world.advance(3 * MINUTE)
    await execute(world, app, messageFor(await rowOf(world, id)))
    expect(await rowOf(world, id)).toMatchObject({ state: 'succeeded', input: { inline: 'b' }, attempt: 1 })
  })

  test('gets a successor once it has started', async () => {
    const { create, world, app } = scene()
    const { id } = (await create(body('a'))).body
    world.advance(5 * MINUTE)
    await execute(world, app, messageFor(await rowOf(world, id)))
    const next = await create(body('b'))
    expect(next.status).toBe(201)
    expect(next.body.id).not.toBe(id)
  })

  test('is separate for each key, type and tenant', async () => {
    const { create } = scene()
    await create(body('a'))
    expect((await create(body('a', { key: 'prices' }))).status).toBe(201)
    expect((await create({ ...body('a'), type: 'notify' })).status).toBe(201)
  })

  test('moves its deadline', async () => {
    const { create, world } = scene()
    await create({ ...body('a'), expiresAfter: '1m' })
    world.advance(3 * MINUTE)
    const { notBefore, expiresAt } = (await create(body('b'))).body
    expect([notBefore, expiresAt]).toEqual([iso(world.now + 5 * MINUTE), iso(world.now + 6 * MINUTE)])
  })

  test('is not postponed by a repeated request with the same idempotency key', async () => {
    const { create, world } = scene()
    const headers = { 'idempotency-key': 'k' }
    await create(body('a'))
    const second = await create(body('b'), { headers })
    world.advance(MINUTE)
    const again = await create(body('b'), { headers })
    expect(again.headers['idempotent-replayed']).toBe('true')
    expect(again.body).toMatchObject({ notBefore: second.body.notBefore, debounced: true, version: second.body.version })
  })

  test('with ready: false is amended and stays pending', async () => {
    const { create, world } = scene()
    const { id } = (await create({ ...body('a'), ready: false })).body
    await create(body('b'))
    const row = await rowOf(world, id)
    expect(row).toMatchObject({ state: 'pending', input: { inline: 'b' } })
    expect(row).not.toHaveProperty('dueAt')
  })
})
