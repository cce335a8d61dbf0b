import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineTask } from '../../../core/define.ts'
import type { GateSpec } from '../../../core/gate/requirements.ts'
import { type GateRow, gateKey } from '../../../core/gate/row.ts'
import { nudgeOf } from '../../../core/row/nudge.ts'
import { apply } from '../../../engine/apply.ts'
import { claim } from '../../../engine/execute/claim.ts'
import { POLICY } from '../../core/task/rows.ts'
import { appOf, type EngineWorld, engineWorld, given, keyOf } from '../world.ts'
import { gateHarness } from './gate-harness.ts'

const room = { gate: { key: 'room' } }

describe('the places of a task at several gates', () => {
  test('are not acquired while a later gate is paused, so that other tasks can use them', async () => {
    const harness = await gateHarness({ go: {} })
    await harness.control('type.work', 'pause')
    const stopped = await harness.addTask('stopped', 10, room)
    await harness.advance('10s')
    await harness.addTask('another type', 10, { ...room, type: 'go' })
    await harness.advance('1m')
    expect(harness.started()).toEqual(['another type@10'])
    expect(await harness.get(stopped)).toMatchObject({ blocked: { gate: 'type.work' } })
    await harness.control('type.work', 'resume')
    await harness.advance('1m')
    expect(harness.started()).toEqual(['another type@10', 'stopped@70'])
    await harness.stop()
  })

  test('are released when the gate where the task waits is paused', async () => {
    const harness = await gateHarness({ go: {} })
    await harness.control('type.work', 'limit', { concurrency: 1 })
    await harness.addTask('first', 20)
    await harness.advance('1s')
    await harness.addTask('second', 10, room)
    await harness.advance('1s')
    await harness.control('type.work', 'pause')
    await harness.addTask('another type', 10, { ...room, type: 'go' })
    await harness.advance('10m')
    expect(harness.runs.map(({ name }) => name)).toEqual(['first', 'another type'])
    await harness.control('type.work', 'resume')
    await harness.addTask('third', 10, { ...room, type: 'go' })
    await harness.advance('10m')
    expect(harness.runs.map(({ name }) => name).sort()).toEqual(['another type', 'first', 'second', 'third'])
    await harness.stop()
  })
})

/** Calls `act` before each write of the gate through this world. */
const beforePut = (world: EngineWorld, gate: string, act: () => Promise<unknown>): EngineWorld => ({
  ...world,
  store: {
    ...world.store,
    put: async (row, expected) => {
      if (row.id === gate) await act()
      return world.store.put(row, expected)
    },
  },
})

const greet = defineTask('greet', { input: z.object({}), limit: { concurrency: 1 }, run: () => {} })

/** Creates a task with this gate and a type with concurrency 1; returns a function that claims the task. */
const claimOf = async (world: EngineWorld, id: string, gate: GateSpec, expiresAt = world.now + 60_000) => {
  const row = await given(world, id, { policy: { ...POLICY, type: 'greet', gate }, expiresAt })
  return (claimWorld: EngineWorld = world) => claim(claimWorld, appOf(greet), nudgeOf(row, world.now))
}

const holders = async (world: EngineWorld, ref: string) =>
  ((await world.store.get(gateKey(ref))) as GateRow | undefined)?.holders.map(({ task }) => task) ?? []

describe('the places of a failed claim are released', () => {
  test('when the task is cancelled and a later gate is busy', async () => {
    const world = engineWorld()
    const first = await claimOf(world, 't1', { key: 'one', limit: 1 })
    await first()
    const second = await claimOf(world, 't2', { key: 'two', limit: 1 })
    const cancel = () => apply(world, keyOf('t2'), () => ({ name: 'cancel', at: world.now, by: 'user:test', retentionMs: 1 }))
    expect(await second(beforePut(world, 'key.two', cancel))).toMatchObject({ refused: 'cancelled' })
    expect(await holders(world, 'acme/key.two')).toEqual([])
    expect(await holders(world, 'acme/type.greet')).toEqual(['acme/t1'])
  })

  test('when the deadline passes during the claim', async () => {
    const world = engineWorld()
    const late = await claimOf(world, 't1', { key: 'one', limit: 1 }, world.now + 1_000)
    const { store } = beforePut(world, 'key.one', async () => world.advance(2_000))
    expect(await late({ ...world, store })).toMatchObject({ state: 'expired' })
    expect(await holders(world, 'acme/key.one')).toEqual([])
    expect(await holders(world, 'acme/type.greet')).toEqual([])
  })
})

test('a task with onBusy skip is skipped only at a full gate, not after lost races', async () => {
  const world = engineWorld()
  // A sleep with a signal only bounds a call, and no call of this test takes so long.
  const sleep: typeof world.clock.sleep = async (ms, signal) => (signal ? new Promise(() => {}) : world.advance(ms))
  Object.assign(world.clock, { sleep })
  const claimTask = await claimOf(world, 't1', { key: 'one', limit: 100, onBusy: 'skip' })
  const stamp = { at: world.now, by: 'system:test', until: world.now + 60_000, limits: { limit: 100 }, revision: 0 }
  let othersCount = 0
  const acquireByOther = async () => {
    if (++othersCount > 12) return
    await apply(world, gateKey('acme/key.one'), () => ({ name: 'acquire', ...stamp, task: `acme/r${othersCount}`, epoch: 1 }))
  }
  expect(await claimTask(beforePut(world, 'key.one', acquireByOther))).toMatchObject({ state: 'running' })
  expect(await holders(world, 'acme/key.one')).toHaveLength(13)
})
