import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineTask } from '../../../core/define.ts'
import type { GateSpec } from '../../../core/gate/requirements.ts'
import { type GateRow, gateKey } from '../../../core/gate/row.ts'
import { nudgeOf } from '../../../core/row/nudge.ts'
import { apply } from '../../../engine/apply.ts'
import { claim } from '../../../engine/execute/claim.ts'
import { POLICY } from '../../core/task/rows.ts'
import { appOf, given, type HandWorld, handWorld, keyOf } from '../world.ts'
import { hall } from './gate-harness.ts'

const room = { gate: { key: 'room' } }

describe('what a task holds on its way through several gates', () => {
  test('is nothing while a gate further on is paused, so that others can use the places before it', async () => {
    const it = await hall({ go: {} })
    await it.say('type.stay', 'pause')
    const stopped = await it.come('stopped', 10, room)
    await it.pass('10s')
    await it.come('another type', 10, { ...room, type: 'go' })
    await it.pass('1m')
    expect(it.started()).toEqual(['another type@10'])
    expect(await it.get(stopped)).toMatchObject({ blocked: { gate: 'type.stay' } })
    await it.say('type.stay', 'resume')
    await it.pass('1m')
    expect(it.started()).toEqual(['another type@10', 'stopped@70'])
    await it.stop()
  })

  test('is believed no longer when the gate where it waits is paused', async () => {
    const it = await hall({ go: {} })
    await it.say('type.stay', 'limit', { concurrency: 1 })
    await it.come('first', 20)
    await it.pass('1s')
    await it.come('second', 10, room)
    await it.pass('1s')
    await it.say('type.stay', 'pause')
    await it.come('another type', 10, { ...room, type: 'go' })
    await it.pass('10m')
    expect(it.stays.map(({ name }) => name)).toEqual(['first', 'another type'])
    await it.say('type.stay', 'resume')
    await it.come('third', 10, { ...room, type: 'go' })
    await it.pass('10m')
    expect(it.stays.map(({ name }) => name).sort()).toEqual(['another type', 'first', 'second', 'third'])
    await it.stop()
  })
})

/** Does something before each write of a gate by whoever uses this world. */
const meanwhile = (world: HandWorld, gate: string, act: () => Promise<unknown>): HandWorld => ({
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

/** A task with this gate and a type that lets one in. */
const comer = async (world: HandWorld, id: string, gate: GateSpec, expiresAt = world.now + 60_000) => {
  const row = await given(world, id, { policy: { ...POLICY, type: 'greet', gate }, expiresAt })
  return (seen: HandWorld = world) => claim(seen, appOf(greet), nudgeOf(row, world.now))
}

const holders = async (world: HandWorld, ref: string) =>
  ((await world.store.get(gateKey(ref))) as GateRow | undefined)?.holders.map(({ task }) => task) ?? []

describe('places that were taken and came to nothing are given back', () => {
  test('when the task is cancelled, and a gate further on is busy', async () => {
    const world = handWorld()
    const first = await comer(world, 't1', { key: 'one', limit: 1 })
    await first()
    const second = await comer(world, 't2', { key: 'two', limit: 1 })
    const cancel = () => apply(world, keyOf('t2'), () => ({ name: 'cancel', at: world.now, by: 'user:test', retentionMs: 1 }))
    expect(await second(meanwhile(world, 'key.two', cancel))).toMatchObject({ refused: 'cancelled' })
    expect(await holders(world, 'acme/key.two')).toEqual([])
    expect(await holders(world, 'acme/type.greet')).toEqual(['acme/t1'])
  })

  test('when its deadline passes on the way', async () => {
    const world = handWorld()
    const late = await comer(world, 't1', { key: 'one', limit: 1 }, world.now + 1_000)
    const { store } = meanwhile(world, 'key.one', async () => world.advance(2_000))
    expect(await late({ ...world, store })).toMatchObject({ state: 'expired' })
    expect(await holders(world, 'acme/key.one')).toEqual([])
    expect(await holders(world, 'acme/type.greet')).toEqual([])
  })
})

test('a task that would not wait is not left out because many come at once, only because its gate is full', async () => {
  const world = handWorld()
  const come = await comer(world, 't1', { key: 'one', limit: 100, onBusy: 'skip' })
  const said = { at: world.now, by: 'system:test', until: world.now + 60_000, limits: { limit: 100 }, revision: 0 }
  let rivals = 0
  const rush = async () => {
    if (++rivals > 12) return
    await apply(world, gateKey('acme/key.one'), () => ({ name: 'acquire', ...said, task: `acme/r${rivals}`, epoch: 1 }))
  }
  expect(await come(meanwhile(world, 'key.one', rush))).toMatchObject({ state: 'running' })
  expect(await holders(world, 'acme/key.one')).toHaveLength(13)
})
