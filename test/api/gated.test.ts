import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask } from '../../core/define.ts'
import { engineWorld, rowOf } from '../engine/world.ts'
import { scene } from './scene.ts'

const run = async () => 'done'
const input = z.object({ environment: z.string().default('sandbox'), weight: z.number().optional() })

const TYPES = [
  defineTask('free', { input: z.unknown(), run }),
  defineTask('copy', { input, priority: 'high', gate: (it) => ({ key: `environment:${it.environment}` }), run }),
  defineTask('picky', { input, gate: ({ weight }) => (weight ? { key: 'heavy', limit: weight } : undefined), run }),
  defineTask('thrower', {
    input,
    gate: () => {
      throw new Error('no idea')
    },
    run,
  }),
  defineTask('counted', {
    input,
    limit: { concurrency: 5, rate: { count: 10, per: '1m' }, across: 'all' },
    priority: 'low',
    run,
  }),
]
const gated = () => scene(engineWorld(), TYPES)

describe('a task is created with a gate', () => {
  test('from the request', async () => {
    const { create, world } = gated()
    const gate = { key: 'promotion', limit: 2, rate: { count: 5, per: '1h' }, onBusy: 'skip' }
    const { body } = await create({ type: 'free', input: 1, gate, priority: 'low' })
    expect(body).toMatchObject({ gate, priority: 'low' })
    expect(await rowOf(world, body.id)).toMatchObject({
      gate: { key: 'promotion', limit: 2, rate: { count: 5, periodMs: 3_600_000 }, onBusy: 'skip' },
      priority: 'low',
    })
  })
  test('that its type computes from the parsed input', async () => {
    const { body } = await gated().create({ type: 'copy', input: {} })
    expect(body).toMatchObject({ gate: { key: 'environment:sandbox', limit: 1, onBusy: 'wait' }, priority: 'high' })
  })
  test('from the request instead of the type', async () => {
    const { body } = await gated().create({ type: 'copy', input: {}, gate: { key: 'mine' }, priority: 'normal' })
    expect(body).toMatchObject({ gate: { key: 'mine' } })
    expect(body).not.toHaveProperty('priority')
  })
  test('or without one if its type returns none', async () => {
    expect((await gated().create({ type: 'picky', input: {} })).body).not.toHaveProperty('gate')
    expect((await gated().create({ type: 'picky', input: { weight: 2 } })).body.gate).toMatchObject({ key: 'heavy', limit: 2 })
  })
  test('and a plain task stores neither gate nor priority', async () => {
    const { create, world } = gated()
    const row = await rowOf(world, (await create({ type: 'free', input: 1, priority: 'normal' })).body.id)
    expect(Object.keys(row)).not.toContain('gate')
    expect(Object.keys(row)).not.toContain('priority')
  })
})

describe('a request is refused', () => {
  test.each<[object, string, string]>([
    [{ type: 'thrower', input: {} }, '/input', '/input: the gate function of type thrower threw an error: no idea'],
    [
      { type: 'picky', input: { weight: 1_000 } },
      '/input',
      '/input: the gate function of type picky returned an invalid gate: /limit: 1000; it must be at most 100',
    ],
    [{ type: 'free', input: 1, gate: {} }, '/gate/key', '/gate/key: missing; it must be a string'],
    [
      { type: 'free', input: 1, priority: 'urgent' },
      '/priority',
      '/priority: "urgent"; it must be one of "high", "normal", "low"',
    ],
  ])('with an invalid gate or priority: %j', async (body, path, detail) => {
    const answer = await gated().request('POST', '/v1/tasks', { body })
    expect(answer.status).toBe(400)
    expect(answer.body).toMatchObject({ path, detail })
  })
})

describe('a task type', () => {
  test('shows its limit and priority', async () => {
    const { body } = await gated().request('GET', '/v1/task-types')
    expect(body.items.find((it: { name: string }) => it.name === 'counted')).toMatchObject({
      limit: { concurrency: 5, rate: { count: 10, per: '1m' }, across: 'all' },
      priority: 'low',
    })
  })
  test.each<[object, RegExp]>([
    [{ limit: { concurrency: 0 } }, /^task type wrong: \/limit\/concurrency: 0; it must be at least 1$/],
    [{ limit: {} }, /^task type wrong: \/limit: it must have concurrency, rate, or both$/],
    [
      { limit: { rate: { count: 1, per: 'often' } } },
      /^task type wrong: \/limit\/rate\/per: "often"; it must be a whole number with/,
    ],
    [{ priority: 'urgent' }, /^task type wrong: priority is "urgent"; it must be one of high, normal, low$/],
  ])('cannot be defined with %j', (definition, message) =>
    expect(() => defineTask('wrong', { input, run, ...definition })).toThrow(message),
  )
})
