import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { conflict, defineTask, giveUp, snooze, wait } from '../../core/define.ts'
import { testWorld } from '../../testing/index.ts'
import { anything, at, broken, echo, given, MINUTE, START } from './given.ts'

describe('the client', () => {
  test('throws a refusal of the API with its message; request returns it', async () => {
    const world = await given([defineTask('strict', { input: z.object({ name: z.string() }), run: () => {} })])
    await expect(world.create('strict', {})).rejects.toThrow('400 invalid: /input/name')
    expect(await world.request('POST', '/v1/tasks', { type: 'strict' })).toMatchObject({ status: 400, body: { code: 'invalid' } })
    expect(await world.request('GET', '/v1/health')).toMatchObject({ status: 200, body: { status: 'ok', time: at(0) } })
  })

  test('creates a task once for an idempotency key', async () => {
    const world = await given([echo])
    const create = () => world.create(echo, 'hi', { idempotencyKey: 'k' })
    expect(await create()).toBe(await create())
  })

  test('of one tenant does not see tasks of another one', async () => {
    const world = await given([echo])
    const id = await world.as('globex').create(echo, 'hi')
    await expect(world.get(id)).rejects.toThrow('404')
    await world.as('globex').expectTask(id).toSucceed({ output: 'hi' })
    expect(await world.tasks()).toEqual([])
  })

  test('lists every matching task over several pages', async () => {
    const world = await given([echo])
    for (let count = 0; count < 120; count++) await world.create(echo, count, { tags: [count % 2 ? 'odd' : 'even'] })
    expect(await world.tasks()).toHaveLength(120)
    expect(await world.tasks({ tag: 'odd' })).toHaveLength(60)
  })
})

describe('a world', () => {
  test('returns published events and log lines', async () => {
    const logging = defineTask('logging', { input: anything, run: ({ log }) => log.warn('careful', { because: 'why' }) })
    const world = await given([echo, logging])
    await world.create(echo, 'hi')
    const id = await world.create(logging, {})
    await world.advance('1h')
    expect(world.events().map(({ type }) => type)).toEqual(
      ['created', 'started', 'succeeded'].map((name) => `carillon.task.${name}`),
    )
    expect(world.logs()).toContainEqual({
      at: at(0),
      level: 'warn',
      message: 'careful',
      fields: expect.objectContaining({ because: 'why', taskId: id, type: 'logging' }),
    })
  })

  test('supports every answer of a handler', async () => {
    const answers = defineTask('answers', {
      input: z.string(),
      onFailure: 'echo',
      run: ({ input, attempt }) => {
        if (input === 'snooze' && attempt === 1) return snooze('1h')
        if (input === 'conflict') return conflict('in the way')
        if (input === 'wait') return wait('2h')
        if (input === 'giveUp') return giveUp('no use', 'NoUse')
        return input
      },
    })
    const world = await given([answers, echo])
    const ids = Object.fromEntries(
      await Promise.all(
        ['snooze', 'conflict', 'wait', 'giveUp'].map(async (input) => [input, await world.create(answers, input)] as const),
      ),
    )
    const expectByInput = (input: string) => world.expectTask(ids[input] ?? '')
    await expectByInput('conflict').toBe('conflicted')
    await expectByInput('wait').toBe('waiting')
    const { failureTask } = await expectByInput('giveUp').toFail({ code: 'NoUse' })
    await world.expectTask(failureTask ?? '').toSucceed()
    await expectByInput('snooze').toSucceed()
    expect(world.now()).toBe(START + 60 * MINUTE)
    await expectByInput('wait').toFail({ code: 'WaitTimeout' })
  })

  test('runs one task at a time at a gate, in the order of their creation', async () => {
    const order: string[] = []
    const gated = defineTask('gated', {
      input: z.string(),
      gate: () => ({ key: 'door', limit: 1 }),
      run: async ({ input }) => {
        order.push(`${input} in`)
        await setImmediate()
        order.push(`${input} out`)
      },
    })
    const world = await given([gated])
    for (const name of ['a', 'b', 'c']) await world.create(gated, name)
    await world.advance('1m')
    expect(order).toEqual(['a in', 'a out', 'b in', 'b out', 'c in', 'c out'])
  })

  test('deletes finished tasks after thirty days', async () => {
    const world = await given([echo])
    await world.create(echo, 'hi')
    await world.advance('29d')
    expect(await world.tasks()).toHaveLength(1)
    await world.advance('2d')
    expect(await world.tasks()).toEqual([])
  })

  test('can be closed while a handler runs, and twice', async () => {
    const hanging = defineTask('hanging', { input: anything, run: () => new Promise<never>(() => {}) })
    const world = await testWorld({ types: [hanging], idleAfter: '20ms' })
    const id = await world.create(hanging, {})
    await world.expectTask(id).toBe('running')
    await world.close()
    await world.close()
  })

  test('runs the same way every time', async () => {
    const run = async () => {
      const world = await given([echo, broken])
      await world.create(broken, {})
      await world.create(echo, 'hi', { delay: '90s' })
      await world.advance('1h')
      return JSON.stringify([world.logs(), world.events()])
    }
    expect(await run()).toBe(await run())
  })
})
