import { describe, expect, test } from 'vitest'
import { type GateRow, gateRef } from '../../../core/gate/row.ts'
import { LIMITS } from '../../../core/limits.ts'
import { joinEffects } from '../../../core/task/gating.ts'
import { apply } from '../../../engine/apply.ts'
import { dispatchGate } from '../../../engine/gate/dispatch.ts'
import { joinWaitlist } from '../../../engine/gate/effects.ts'
import type { World } from '../../../engine/world.ts'
import { type EngineWorld, engineWorld, given, keyOf, rowOf } from '../world.ts'

const KEY = { kind: 'gate', tenant: 'acme', id: 'tenant' } as const

/** Blocks `count` tasks at a gate, which is open in the meantime. */
const blockTasks = async (world: EngineWorld, count: number): Promise<readonly string[]> => {
  const ids = Array.from({ length: count }, (_, index) => `t${String(index).padStart(3, '0')}`)
  for (const id of ids) {
    await given(world, id)
    const stamp = { at: world.now, by: 'system:gate', gate: gateRef('acme', 'tenant'), held: [] }
    await apply(world, keyOf(id), () => ({ name: 'block', ...stamp }))
    for (const join of joinEffects(await rowOf(world, id))) await joinWaitlist(world, join)
  }
  return ids
}
const gate = async (world: World) => (await world.store.get(KEY)) as GateRow
const dispatch = async (world: World) => dispatchGate(world, await gate(world))
const countBlocked = async (world: World, ids: readonly string[]) =>
  (await Promise.all(ids.map((id) => rowOf(world, id)))).filter(({ blocked }) => blocked !== undefined).length

describe('a gate that has been opened', () => {
  test('admits its waiting tasks, a hundred per dispatch, and then clears its waitlist', async () => {
    const world = engineWorld()
    const ids = await blockTasks(world, LIMITS.gateOpenAdmitCount + 30)
    expect(await dispatch(world)).toBeUndefined()
    expect(await countBlocked(world, ids)).toBe(30)
    // No relay runs here, so the dispatch itself removes the entries of admitted tasks.
    for (let count = 0; (await gate(world)).waitlist && count < 5; count++) await dispatch(world)
    expect(await countBlocked(world, ids)).toBe(0)
    expect(await gate(world)).toMatchObject({ holders: [] })
    expect(await gate(world)).not.toHaveProperty('waitlist')
    // Created, blocked, admitted: no task is admitted twice.
    for (const id of ids) expect((await rowOf(world, id)).history).toHaveLength(3)
  })

  test('admits tasks in parallel up to the limit', async () => {
    const world = engineWorld()
    await blockTasks(world, 60)
    let [running, max] = [0, 0]
    const put: World['store']['put'] = async (row, expected) => {
      max = Math.max(max, ++running)
      await new Promise(setImmediate)
      running--
      return world.store.put(row, expected)
    }
    await dispatch({ ...world, store: { ...world.store, put } })
    expect(max).toBe(LIMITS.commandParallelCount)
  })

  test('loses no task when a worker dies during the dispatch', async () => {
    const world = engineWorld()
    const ids = await blockTasks(world, 60)
    const put: World['store']['put'] = async (row, expected) => {
      if (row.id === 't030') throw new Error('the worker died')
      return world.store.put(row, expected)
    }
    await expect(dispatch({ ...world, store: { ...world.store, put } })).rejects.toThrow('the worker died')
    expect(await countBlocked(world, ids)).toBeGreaterThan(0)
    expect(await gate(world)).toMatchObject({ waitlist: true })
    await dispatch(world)
    expect(await countBlocked(world, ids)).toBe(0)
  })
})
