import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Context, defineTask, retriable } from '../../../core/define.ts'
import { deadlineMarginMs, lane } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import { apply } from '../../../engine/apply.ts'
import { execute } from '../../../engine/execute/execute.ts'
import type { World } from '../../../engine/world.ts'
import { NOON, POLICY } from '../../core/task/rows.ts'
import { appOf, type EngineWorld, engineWorld, given, keyOf, messageFor, rowOf } from '../world.ts'
import { fired, settled, untilDone } from './driving.ts'

type Run = (context: Context<unknown>) => Promise<string | undefined>
const greet = (run: Run) => appOf(defineTask('greet', { input: z.unknown(), run }))

const cancel = (world: World) =>
  apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.clock.now(), by: 'user:ada', retentionMs: 1 }))

/** A running task whose handler has started; `running` is its execution. */
const started = async (world: EngineWorld, run: Run, deadlineAt?: number) => {
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
  test('fires the signal within seconds; the task shows cancelRequested until the handler stops', async () => {
    const world = engineWorld()
    const reason = Promise.withResolvers<DOMException>()
    const handlerEnd = Promise.withResolvers<void>()
    const { running } = await started(world, async ({ signal }) => {
      reason.resolve(await fired(signal))
      await handlerEnd.promise
      throw signal.reason
    })
    await cancel(world)
    const requestedAt = world.now
    expect(await untilDone(world, reason.promise)).toMatchObject({
      name: 'AbortError',
      message: 'the cancellation of task t1 was requested',
    })
    expect(world.now - requestedAt).toBeLessThanOrEqual(LIMITS.cancelCheckMs)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'running', cancelRequested: true })
    handlerEnd.resolve()
    expect(await running).toEqual({ delivery: 'acknowledge' })
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled', attempt: 1 })
  })

  test('has no effect on a handler that succeeds nevertheless', async () => {
    const world = engineWorld()
    const { running } = await started(world, async ({ signal }) => `done, though ${(await fired(signal)).name}`)
    await cancel(world)
    await untilDone(world, running)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', output: { inline: 'done, though AbortError' } })
  })

  test('ends a handler that ignores the signal at its timeout', async () => {
    const world = engineWorld()
    const { running } = await started(world, () => new Promise(() => {}))
    await cancel(world)
    await untilDone(world, running)
    expect(world.now).toBe(NOON + POLICY.timeoutMs)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled' })
  })
})

describe('the check of the row while a handler runs', () => {
  const countingGets = (world: EngineWorld) => {
    const gets: number[] = []
    const store: World['store'] = {
      ...world.store,
      get: (key) => {
        gets.push(world.now)
        return world.store.get(key)
      },
    }
    return { watched: { ...world, store } as EngineWorld, gets }
  }

  test('costs nothing when the attempt ends before the first check', async () => {
    const world = engineWorld()
    const { watched, gets } = countingGets(world)
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

  test('happens every few seconds until the attempt is over', async () => {
    const world = engineWorld()
    const { watched, gets } = countingGets(world)
    const { running } = await started(watched, () => new Promise(() => {}))
    await settled()
    const before = gets.length
    await untilDone(world, running)
    const checks = gets.slice(before).filter((at) => at < NOON + POLICY.timeoutMs)
    expect(checks).toEqual([5_000, 10_000, 15_000, 20_000, 25_000].map((ms) => NOON + ms))
    const { length } = gets
    world.advance(60_000)
    await settled()
    expect(gets).toHaveLength(length)
  })

  test('does not fail the attempt when the check fails', async () => {
    const world = engineWorld()
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
    expect(world.lines).toContainEqual(expect.objectContaining({ level: 'warn', message: 'attempt.checkFailed' }))
  })
})

describe('a lost claim', () => {
  test('frees the worker at once even if its handler ignores the signal; the late result is refused', async () => {
    const world = engineWorld()
    const late = Promise.withResolvers<string>()
    const reason = Promise.withResolvers<DOMException>()
    const { row, running } = await started(world, ({ signal }) => {
      void fired(signal).then(reason.resolve)
      return late.promise
    })
    const at = world.now + 1_000_000
    await apply(world, keyOf('t1'), () => ({ name: 'claim', at, by: 'worker:w2', epoch: row.epoch, owner: 'w2', leaseMs: 1 }))
    expect(await untilDone(world, running)).toEqual({ delivery: 'acknowledge' })
    expect(await reason.promise).toMatchObject({ name: 'AbortError', message: 'attempt 1 of task t1 has lost its claim' })
    late.resolve('too late')
    await settled()
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'running', attempt: 2, lease: { owner: 'w2' } })
    expect(await rowOf(world, 't1')).not.toHaveProperty('output')
    expect(world.metered).toContainEqual({ metric: 'Fenced', value: 1 })
  })
})

describe('a function close to its own timeout', () => {
  test('interrupts the attempt: it counts as a lost worker, not as a failure, and the task is due again at once', async () => {
    const world = engineWorld()
    const reason = Promise.withResolvers<DOMException>()
    const { running } = await started(
      world,
      async ({ signal }) => {
        reason.resolve(await fired(signal))
        throw retriable('Stopped', 'stopped')
      },
      world.now + 20_000,
    )
    expect(await untilDone(world, running)).toEqual({ delivery: 'acknowledge' })
    expect(world.now).toBe(NOON + 20_000 - LIMITS.deadlineMarginMs)
    expect(await reason.promise).toMatchObject({ name: 'AbortError', message: expect.stringMatching(/about to be killed/) })
    const row = await rowOf(world, 't1')
    expect(row).toMatchObject({ state: 'scheduled', attempt: 1, losses: 1, dueAt: world.now })
    expect(row).not.toHaveProperty('error')
  })

  test('does not interrupt a task whose timeout is earlier', async () => {
    const world = engineWorld()
    const { running } = await started(world, () => new Promise(() => {}), world.now + POLICY.timeoutMs + LIMITS.deadlineMarginMs)
    await untilDone(world, running)
    expect(await rowOf(world, 't1')).toMatchObject({ losses: 0, error: { code: 'Timeout' } })
  })

  test('does not run a handler without any time', async () => {
    const world = engineWorld()
    const row = await given(world, 't1')
    let runs = 0
    const app = greet(async () => void runs++)
    await execute(world, app, { ...messageFor(row), deadlineAt: world.now + LIMITS.deadlineMarginMs })
    expect(runs).toBe(0)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', losses: 1 })
  })

  test('fails the task as WorkerLost after too many interruptions', async () => {
    const world = engineWorld()
    const app = greet(async () => 'never')
    let row = await given(world, 't1')
    for (let turn = 0; turn <= LIMITS.lossesCount; turn++) {
      await execute(world, app, { ...messageFor(row), deadlineAt: world.now })
      row = await rowOf(world, 't1')
    }
    expect(row).toMatchObject({ state: 'failed', attempt: LIMITS.lossesCount + 1, error: { code: 'WorkerLost' } })
  })

  test('cancels a task with a cancel request instead', async () => {
    const world = engineWorld()
    const { running } = await started(world, () => new Promise(() => {}), world.now + LIMITS.deadlineMarginMs + 2_000)
    await cancel(world)
    await untilDone(world, running)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled', attempt: 1 })
  })

  test.each([1_000, 6_000, 60_000, 840_000])('leaves the handlers of a lane of %i ms their full timeout', (functionTimeoutMs) => {
    const it = lane('any', functionTimeoutMs)
    expect(it.functionTimeoutMs - deadlineMarginMs(it)).toBeGreaterThan(it.handlerTimeoutMs)
  })
})

test('the reason of a timeout has the name TimeoutError', async () => {
  const world = engineWorld()
  const reason = Promise.withResolvers<DOMException>()
  const { running } = await started(world, async ({ signal }) => {
    reason.resolve(await fired(signal))
    return 'too late'
  })
  await untilDone(world, running)
  expect(await reason.promise).toMatchObject({ name: 'TimeoutError', message: 'the attempt took longer than its 30000 ms' })
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', error: { code: 'Timeout' } })
})

test('a timeout of a handler that another one holds up is an interruption, which uses up nothing', async () => {
  const world = engineWorld()
  const row = await given(world, 't1')
  const app = { ...greet(() => new Promise(() => {})), heldUp: () => 'the handler of task t2 blocks the thread that they share' }
  await untilDone(world, execute(world, app, messageFor(row)))
  const { state, losses, history } = await rowOf(world, 't1')
  expect({ state, losses }).toEqual({ state: 'scheduled', losses: 0 })
  expect(history.at(-1)).toMatchObject({
    command: 'rearm',
    reason: 'the handler of task t2 blocks the thread that they share',
  })
})
