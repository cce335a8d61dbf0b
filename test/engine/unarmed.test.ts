import { expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { apply } from '../../engine/apply.ts'
import { relay } from '../../engine/relay.ts'
import { sweep } from '../../engine/sweep/sweep.ts'
import type { World } from '../../engine/world.ts'
import { appOf, type EngineWorld, engineWorld, given, keyOf, rowOf } from './world.ts'

const MINUTE = 60_000

/** The same world without timers: each call is answered with this error. */
const withoutTimers = (world: EngineWorld, error: Error = new Error('throttled')): World => {
  const refuse = async () => {
    throw error
  }
  return { ...world, timers: { arm: refuse, disarm: refuse } }
}

/** Sweeps every five minutes until the given time. */
const sweepUntil = async (world: EngineWorld, until: number) => {
  while (world.now + LIMITS.sweepEveryMs <= until) {
    world.advance(LIMITS.sweepEveryMs)
    await sweep(world, appOf())
  }
}

test('a task whose timer was refused gets its message before its time, once, and the sweep calls that no repair', async () => {
  const world = engineWorld()
  const dueAt = world.now + 61 * MINUTE
  const after = await given(world, 't1', { notBefore: dueAt })
  await relay(withoutTimers(world), { after })
  await sweepUntil(world, dueAt - 16 * MINUTE)
  expect(world.sent).toEqual([])
  while (world.sent.length === 0) await sweepUntil(world, world.now + LIMITS.sweepEveryMs)
  expect(world.sent).toMatchObject([{ nudge: { id: 't1', epoch: 1, dueAt } }])
  expect(world.now + (world.sent[0]?.delayMs ?? 0)).toBe(dueAt)
  await sweepUntil(world, dueAt)
  expect(world.sent).toHaveLength(1)
  expect(world.metered.map(({ metric }) => metric)).toEqual(['Created', 'Ready', 'TimersRefused'])
})

test('a nudge that cannot be sent stays on the list until the next sweep', async () => {
  const world = engineWorld()
  const dueAt = world.now + 20 * MINUTE
  await relay(withoutTimers(world), { after: await given(world, 't1', { notBefore: dueAt }) })
  world.advance(6 * MINUTE)
  const send: World['queue']['send'] = async () => {
    throw new Error('the queue is unavailable')
  }
  await expect(sweep({ ...world, queue: { ...world.queue, send } }, appOf())).rejects.toThrow('1 parts of the sweep failed')
  world.advance(5 * MINUTE)
  await sweep(world, appOf())
  expect(world.sent).toMatchObject([{ delayMs: 9 * MINUTE }])
})

test('more refused timers than one page are sent by one sweep', async () => {
  const world = engineWorld()
  const refusing = withoutTimers(world)
  const count = LIMITS.unarmedShardsCount * LIMITS.unarmedPageCount + 1
  for (let index = 0; index < count; index++) {
    const nudge = { kind: 'task', tenant: 'acme', id: `t${index}`, epoch: 1, lane: 'normal', dueAt: world.now + 20 * MINUTE }
    await relay(refusing, { after: { ...(await sample(world)), ...nudge, kind: 'task', notBefore: nudge.dueAt } })
  }
  world.advance(6 * MINUTE)
  await sweep(world, appOf())
  expect(new Set(world.sent.map(({ nudge }) => nudge.id)).size).toBe(count)
}, 60_000)

let row: Awaited<ReturnType<typeof given>> | undefined
const sample = async (world: EngineWorld) => {
  row ??= await given(world, 'sample', { notBefore: world.now + 20 * MINUTE })
  return row
}

test('a timer that cannot be deleted fails no change', async () => {
  const world = engineWorld()
  const before = await given(world, 't1', { notBefore: world.now + 60 * MINUTE })
  await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
  await relay(withoutTimers(world), { before, after: await rowOf(world, 't1') })
  expect(world.metered).toContainEqual({ metric: 'TimersRefused', value: 1 })
})

test('an invalid timer is a defect: no later try could arm it, so the change fails', async () => {
  const world = engineWorld()
  const after = await given(world, 't1', { notBefore: world.now + 60 * MINUTE })
  await expect(relay(withoutTimers(world, new TypeError('the name is invalid')), { after })).rejects.toThrow(
    'the name is invalid',
  )
})
