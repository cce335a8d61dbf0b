import { expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { sweep } from '../../../engine/sweep/sweep.ts'
import type { World } from '../../../engine/world.ts'
import { appOf, type EngineWorld, engineWorld, given } from '../world.ts'

const MINUTE = 60_000
const TASKS_COUNT = 3_000

/** Overdue tasks on the lane `normal`, and a queue that says that so many messages wait there. */
const overdueWorld = async (waitingCount: () => number) => {
  const world = engineWorld()
  for (let index = 0; index < TASKS_COUNT; index++) await given(world, `t${String(index).padStart(4, '0')}`)
  const asked: string[] = []
  const backlog: World['queue']['backlog'] = async (lane) => {
    asked.push(lane)
    return waitingCount()
  }
  return { world, asked, queued: { ...world, queue: { ...world.queue, backlog } } }
}

/** Sweeps every five minutes. */
const sweepFor = async (world: EngineWorld, queued: World, minutes: number) => {
  for (let at = 0; at < minutes; at += 5) {
    world.advance(5 * MINUTE)
    await sweep(queued, appOf())
  }
}

test('a backlog is not fed with copies: each sweep sends a hundred at most, for the tasks that have waited longest', async () => {
  const { world, queued, asked } = await overdueWorld(() => TASKS_COUNT)
  await sweepFor(world, queued, 35)
  expect(world.sent.length).toBeLessThanOrEqual(7 * LIMITS.sweepCopiesCount)
  expect(world.sent.slice(0, 3).map(({ nudge }) => nudge.id)).toEqual(['t0000', 't0001', 't0002'])
  // The queue is asked once in a sweep.
  expect(asked.length).toBeLessThanOrEqual(7)
})

test('lost messages of a lane without a backlog are all sent again, each once at each of its moments', async () => {
  const { world, queued } = await overdueWorld(() => 0)
  await sweepFor(world, queued, 5)
  expect(new Set(world.sent.map(({ nudge }) => nudge.id)).size).toBe(TASKS_COUNT)
  expect(world.sent).toHaveLength(TASKS_COUNT)
  await sweepFor(world, queued, 30)
  // At 5, 10, 20 and 35 minutes: the moments at 2 and 4, at 8, at 16, and at 32 minutes.
  expect(world.sent).toHaveLength(4 * TASKS_COUNT)
})

test('a few lost messages are sent again, and the queue is not asked', async () => {
  const world = engineWorld()
  for (let index = 0; index < LIMITS.sweepCopiesCount; index++) await given(world, `t${index}`)
  const backlog = async () => {
    throw new Error('the queue was asked')
  }
  world.advance(3 * MINUTE)
  await sweep({ ...world, queue: { ...world.queue, backlog } }, appOf())
  expect(world.sent).toHaveLength(LIMITS.sweepCopiesCount)
})
