import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask, retryLater, wait } from '../../../core/define.ts'
import { LIMITS } from '../../../core/limits.ts'
import { apply } from '../../../engine/apply.ts'
import { handleDeadLetter } from '../../../engine/dead-letters.ts'
import { execute } from '../../../engine/execute/execute.ts'
import { sweep } from '../../../engine/sweep/sweep.ts'
import { appOf, type EngineWorld, engineWorld, given, keyOf, messageFor, rowOf } from '../world.ts'

const MINUTE = 60_000
const EXPIRY = { expiresAt: engineWorld().now + MINUTE }

/** A world with a task that expires in a minute, and the runs of its handler. */
const expiring = async (more: object = {}, run: () => unknown = () => 'done') => {
  const world = engineWorld()
  const runs: number[] = []
  const recorded = () => {
    runs.push(world.now)
    return run() as string
  }
  const app = appOf(defineTask('greet', { input: z.unknown(), run: recorded }))
  const row = await given(world, 't1', { ...EXPIRY, ...more })
  return { world, app, row, runs }
}

const expired = { state: 'expired', attempt: 0, finishedAt: expect.any(Number) }

describe('a task that has not started by its deadline never runs', () => {
  test('when its message arrives at the deadline, and again later', async () => {
    const { world, app, row, runs } = await expiring()
    world.advance(MINUTE)
    for (let time = 0; time < 2; time++) expect(await execute(world, app, messageFor(row))).toEqual({ delivery: 'acknowledge' })
    expect(await rowOf(world, 't1')).toMatchObject(expired)
    expect(runs).toEqual([])
  })

  test('but a task that is woken one millisecond before its deadline runs', async () => {
    const { world, app, row, runs } = await expiring()
    world.advance(MINUTE - 1)
    await execute(world, app, messageFor(row))
    expect([(await rowOf(world, 't1')).state, runs.length]).toEqual(['succeeded', 1])
  })

  test('when the deadline passes between the read and the claim', async () => {
    const { world, app, row, runs } = await expiring()
    world.advance(MINUTE - 1)
    const { get } = world.store
    const slow: typeof get = async (key) => {
      const found = await get(key)
      if (key.kind === 'task') world.advance(1)
      return found
    }
    Object.assign(world.store, { get: slow })
    await execute(world, app, messageFor(row))
    Object.assign(world.store, { get })
    expect(await rowOf(world, 't1')).toMatchObject(expired)
    expect(runs).toEqual([])
  })

  test('when its message becomes a dead letter, after other redeliveries', async () => {
    const { world, app, row } = await expiring()
    for (let death = 0; death < LIMITS.redeliveriesCount; death++) {
      const at = world.now
      await apply(world, keyOf('t1'), () => ({ name: 'rearm', at, by: 'system:dead-letters', dueAt: at }))
    }
    world.advance(MINUTE)
    const deadLetter = { ...messageFor(await rowOf(world, 't1')), source: 'lane:normal' }
    expect(await handleDeadLetter(world, app, deadLetter)).toEqual({ delivery: 'acknowledge' })
    expect(await rowOf(world, 't1')).toMatchObject(expired)
    expect(row.history).toHaveLength(1)
  })

  test.each([true, false])('when only the sweep wakes it; ready: %s', async (ready) => {
    const { world, app } = await expiring({ ready })
    world.advance(MINUTE + LIMITS.sweepGraceMs + 1)
    await sweep(world, app)
    await deliver(world, app)
    expect(await rowOf(world, 't1')).toMatchObject(expired)
  })

  test('when it is held and becomes ready after its deadline', async () => {
    const { world, app, runs } = await expiring({ ready: false })
    world.advance(MINUTE + 5)
    await apply(world, keyOf('t1'), () => ({ name: 'ready', at: world.now, by: 'user:a' }))
    await execute(world, app, messageFor(await rowOf(world, 't1')))
    expect(await rowOf(world, 't1')).toMatchObject(expired)
    expect(runs).toEqual([])
  })
})

describe('a task that has started before its deadline', () => {
  test('can be retried after it', async () => {
    const { world, app, row, runs } = await expiring({}, () => retryLater('not yet', '5m'))
    await execute(world, app, messageFor(row))
    world.advance(5 * MINUTE)
    await execute(world, app, messageFor(await rowOf(world, 't1')))
    expect(runs).toHaveLength(2)
  })

  test('can wait beyond it and be resumed', async () => {
    const { world, app, row, runs } = await expiring({}, () => wait())
    await execute(world, app, messageFor(row))
    world.advance(5 * MINUTE)
    await apply(world, keyOf('t1'), () => ({ name: 'resume', at: world.now, by: 'user:a' }))
    await execute(world, app, messageFor(await rowOf(world, 't1')))
    expect(runs).toHaveLength(2)
  })
})

test('a redriven expired task has no deadline', async () => {
  const { world, app, row, runs } = await expiring()
  world.advance(MINUTE)
  await execute(world, app, messageFor(row))
  await apply(world, keyOf('t1'), () => ({ name: 'redrive', at: world.now, by: 'user:a' }))
  world.advance(60 * MINUTE)
  await execute(world, app, messageFor(await rowOf(world, 't1')))
  expect([(await rowOf(world, 't1')).state, runs.length]).toEqual(['succeeded', 1])
})

/** Delivers all messages that were sent so far. */
const deliver = async (world: EngineWorld, app: Parameters<typeof execute>[1]) => {
  const row = await rowOf(world, 't1')
  for (const { nudge } of world.sent) await execute(world, app, messageFor(row, nudge))
}
