import { describe, expect, test } from 'vitest'
import { scene } from './scene.ts'

const batch = (...tasks: readonly unknown[]) => ({ body: { tasks } })

describe('a batch', () => {
  test('answers each entry like a single request, in their order', async () => {
    const { request } = scene()
    const { status, body } = await request(
      'POST',
      '/v1/tasks/batch',
      batch(
        { type: 'free', input: 1 },
        { type: 'gret', input: 1 },
        null,
        { type: 'free', input: 'x'.repeat(300_000) },
        { type: 'free', input: 2 },
      ),
    )
    expect(status).toBe(200)
    expect(body.items.map((item: { status: number }) => item.status)).toEqual([201, 400, 400, 413, 201])
    expect(body.items[0].task).toMatchObject({ type: 'free', input: 1 })
    expect(body.items[1].error).toMatchObject({ code: 'invalid', path: '/type', instance: '/v1/tasks/batch' })
    expect(body.items[2].error.detail).toMatch(/the request: null; it must be an object/)
    expect(body.items[4].task.input).toBe(2)
  })

  test('takes up to 100 entries', async () => {
    const { request } = scene()
    const many = Array.from({ length: 100 }, (_, input) => ({ type: 'free', input }))
    const { body } = await request('POST', '/v1/tasks/batch', batch(...many))
    expect(body.items.map((item: { task: { input: number } }) => item.task.input)).toEqual(many.map(({ input }) => input))
    const more = await request('POST', '/v1/tasks/batch', batch(...many, ...many))
    expect([more.status, more.body.path]).toEqual([400, '/tasks'])
    expect((await request('POST', '/v1/tasks/batch', batch())).status).toBe(400)
  })

  test('with an Idempotency-Key creates each entry once', async () => {
    const { request } = scene()
    const options = { ...batch({ type: 'free', input: 1 }, { type: 'free', input: 1 }), headers: { 'idempotency-key': 'k' } }
    const first = await request('POST', '/v1/tasks/batch', options)
    const again = await request('POST', '/v1/tasks/batch', options)
    expect(first.body.items.map((item: { status: number }) => item.status)).toEqual([201, 201])
    expect(again.body.items.map((item: { status: number }) => item.status)).toEqual([200, 200])
    expect(again.body.items[0].task.id).toBe(first.body.items[0].task.id)
    expect(first.body.items[0].task.id).not.toBe(first.body.items[1].task.id)
  })

  test('returns a fault only for its own entry', async () => {
    const { request, world } = scene()
    const { put } = world.store
    let puts = 0
    const faulty: typeof put = async (row, expected) => {
      if (row.kind === 'task' && ++puts === 2) throw new Error('throttled')
      return put(row, expected)
    }
    Object.assign(world.store, { put: faulty })
    const { body } = await request('POST', '/v1/tasks/batch', batch(...[1, 2, 3].map((input) => ({ type: 'free', input }))))
    expect(body.items.map((item: { status: number }) => item.status).sort()).toEqual([201, 201, 503])
    expect(JSON.stringify(body)).not.toContain('throttled')
    expect(world.lines.find(({ message }) => message === 'api.fault')?.fields.error).toContain('throttled')
  })
})
