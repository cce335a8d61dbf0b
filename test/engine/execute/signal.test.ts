import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Context, defineTask, retriable } from '../../../core/define.ts'
import { deadlineMarginMs, lane } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import { apply } from '../../../engine/apply.ts'
import { execute } from '../../../engine/execute/execute.ts'
import type { World } from '../../../engine/world.ts'
import { NOON, POLICY } from '../../core/task/rows.ts'
import { appOf, given, type HandWorld, handWorld, keyOf, messageFor, rowOf } from '../world.ts'
import { fired, settled, untilDone } from './driving.ts'

type Run = (context: Context<unknown>) => Promise<string | undefined>
const greet = (run: Run) => appOf(defineTask('greet', { input: z.unknown(), run }))

const cancel = (world: World) =>
  apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.clock.now(), by: 'user:ada', retentionMs: 1 }))

/** A task that is being run; `running` is its execution, and the handler has begun. */
const started = async (world: HandWorld, run: Run, deadlineAt?: number) => {
  const begun = Promise.withResolvers<void>()
  const row = await given(world, 't1')
  const app = greet((context) => {
    begun.resolve()
    return run(context)
  })
  const message = { ...messageFor(row), ...(deadlineAt === undefined ? {} : { deadlineAt }) }
  const running = execute(world, app, message)
  await begun.promise
  return { app, row, running }
}

describe('a cancel of a running task', () => {
  test('reaches a handler that never asks, within seconds; it says cancelRequested until the handler obeys', async () => {
    const world = handWorld()
    const heard = Promise.withResolvers<DOMException>()
    const mayEnd = Promise.withResolvers<void>()
    const { running } = await started(world, async ({ signal }) => {
      heard.resolve(await fired(signal))
      await mayEnd.promise
      throw signal.reason
    })
    await cancel(world)
    const askedAt = world.now
    expect(await untilDone(world, heard.promise)).toMatchObject({ name: 'AbortError', message: 'task t1 is to be cancelled' })
    expect(world.now - askedAt).toBeLessThanOrEqual(LIMITS.cancelCheckMs)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'running', cancelRequested: true })
    mayEnd.resolve()
    expect(await running).toEqual({ delivery: 'acknowledge' })
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled', attempt: 1 })
  })

  test('is too late for one that finishes in spite of it: what has succeeded has succeeded', async () => {
    const world = handWorld()
    const { running } = await started(world, async ({ signal }) => `done, though ${(await fired(signal)).name}`)
    await cancel(world)
    await untilDone(world, running)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', output: { inline: 'done, though AbortError' } })
  })

  test('ends one that ignores it at its timeout', async () => {
    const world = handWorld()
    const { running } = await started(world, () => new Promise(() => {}))
    await cancel(world)
    await untilDone(world, running)
    expect(world.now).toBe(NOON + POLICY.timeoutMs)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled' })
  })
})

describe('looking at the row while a handler runs', () => {
  const counting = (world: HandWorld) => {
    const gets: number[] = []
    const store: World['store'] = {
      ...world.store,
      get: (key) => {
        gets.push(world.now)
        return world.store.get(key)
      },
    }
    return { watched: { ...world, store } as HandWorld, gets }
  }

  test('costs nothing when the attempt ends before the first look', async () => {
    const world = handWorld()
    const { watched, gets } = counting(world)
    const mayEnd = Promise.withResolvers<string>()
    const row = await given(world, 't1')
    const running = execute(
      watched,
      greet(() => mayEnd.promise),
      messageFor(row),
    )
    await settled()
    const before = gets.length
    world.advance(LIMITS.cancelCheckMs - 1)
    await settled()
    mayEnd.resolve('done')
    await running
    world.advance(60_000)
    await settled()
    expect(gets.length).toBe(before)
  })

  test('happens every few seconds until the attempt is over, and no more then', async () => {
    const world = handWorld()
    const { watched, gets } = counting(world)
    const { running } = await started(watched, () => new Promise(() => {}))
    await settled()
    const before = gets.length
    await untilDone(world, running)
    const looks = gets.slice(before).filter((at) => at < NOON + POLICY.timeoutMs)
    expect(looks).toEqual([5_000, 10_000, 15_000, 20_000, 25_000].map((ms) => NOON + ms))
    const { length } = gets
    world.advance(60_000)
    await settled()
    expect(gets).toHaveLength(length)
  })

  test('that fails is no reason for the attempt to', async () => {
    const world = handWorld()
    const row = await given(world, 't1')
    let isOut = false
    const store: World['store'] = {
      ...world.store,
      get: async (key) => {
        if (isOut) throw new Error('throttled')
        return world.store.get(key)
      },
    }
    const run: Run = async ({ heartbeat }) => {
      isOut = true
      await heartbeat()
      isOut = false
      return 'done'
    }
    await execute({ ...world, store }, greet(run), messageFor(row))
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded' })
    expect(world.lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'attempt.lookFailed' }))
  })
})

describe('a claim that has passed to another', () => {
  test('frees a worker at once whose handler ignores the signal; the late result is refused', async () => {
    const world = handWorld()
    const late = Promise.withResolvers<string>()
    const heard = Promise.withResolvers<DOMException>()
    const { row, running } = await started(world, ({ signal }) => {
      void fired(signal).then(heard.resolve)
      return late.promise
    })
    const at = world.now + 1_000_000
    await apply(world, keyOf('t1'), () => ({ name: 'claim', at, by: 'worker:w2', epoch: row.epoch, owner: 'w2', leaseMs: 1 }))
    expect(await untilDone(world, running)).toEqual({ delivery: 'acknowledge' })
    expect(await heard.promise).toMatchObject({ name: 'AbortError', message: 'attempt 1 of task t1 has lost its claim' })
    late.resolve('too late')
    await settled()
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'running', attempt: 2, lease: { owner: 'w2' } })
    expect(await rowOf(world, 't1')).not.toHaveProperty('output')
    expect(world.metered).toContainEqual({ metric: 'Fenced', value: 1 })
  })
})

describe('a function that is about to be killed', () => {
  test('interrupts the attempt in time: no failed attempt but a lost worker, and the task is due again at once', async () => {
    const world = handWorld()
    const heard = Promise.withResolvers<DOMException>()
    const { running } = await started(
      world,
      async ({ signal }) => {
        heard.resolve(await fired(signal))
        throw retriable('Stopped', 'told to stop')
      },
      world.now + 20_000,
    )
    expect(await untilDone(world, running)).toEqual({ delivery: 'acknowledge' })
    expect(world.now).toBe(NOON + 20_000 - LIMITS.deadlineMarginMs)
    expect(await heard.promise).toMatchObject({ name: 'AbortError', message: expect.stringMatching(/about to be killed/) })
    const row = await rowOf(world, 't1')
    expect(row).toMatchObject({ state: 'scheduled', attempt: 1, losses: 1, dueAt: world.now })
    expect(row).not.toHaveProperty('error')
  })

  test('leaves a task alone that has to end sooner', async () => {
    const world = handWorld()
    const { running } = await started(world, () => new Promise(() => {}), world.now + POLICY.timeoutMs + LIMITS.deadlineMarginMs)
    await untilDone(world, running)
    expect(await rowOf(world, 't1')).toMatchObject({ losses: 0, error: { code: 'Timeout' } })
  })

  test('runs nothing for which there is no time at all', async () => {
    const world = handWorld()
    const row = await given(world, 't1')
    let runs = 0
    const app = greet(async () => void runs++)
    await execute(world, app, { ...messageFor(row), deadlineAt: world.now + LIMITS.deadlineMarginMs })
    expect(runs).toBe(0)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', losses: 1 })
  })

  test('fails the task as WorkerLost when that happens too often', async () => {
    const world = handWorld()
    const app = greet(async () => 'never')
    let row = await given(world, 't1')
    for (let turn = 0; turn <= LIMITS.lossesCount; turn++) {
      await execute(world, app, { ...messageFor(row), deadlineAt: world.now })
      row = await rowOf(world, 't1')
    }
    expect(row).toMatchObject({ state: 'failed', attempt: LIMITS.lossesCount + 1, error: { code: 'WorkerLost' } })
  })

  test('cancels the task instead, when that has been asked for', async () => {
    const world = handWorld()
    const { running } = await started(world, () => new Promise(() => {}), world.now + LIMITS.deadlineMarginMs + 2_000)
    await cancel(world)
    await untilDone(world, running)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled', attempt: 1 })
  })

  test.each([1_000, 6_000, 60_000, 840_000])('leaves the handlers of a lane of %i ms their whole time', (functionTimeoutMs) => {
    const it = lane('any', functionTimeoutMs)
    expect(it.functionTimeoutMs - deadlineMarginMs(it)).toBeGreaterThan(it.handlerTimeoutMs)
  })
})

test('the timeout is told from all else by the name of its reason', async () => {
  const world = handWorld()
  const heard = Promise.withResolvers<DOMException>()
  const { running } = await started(world, async ({ signal }) => {
    heard.resolve(await fired(signal))
    return 'too late'
  })
  await untilDone(world, running)
  expect(await heard.promise).toMatchObject({ name: 'TimeoutError', message: 'the attempt took longer than its 30000 ms' })
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', error: { code: 'Timeout' } })
})
