import { describe, expect, test } from 'vitest'
import { type GateRow, gateRef } from '../../../core/gate/row.ts'
import { LIMITS } from '../../../core/limits.ts'
import { joinEffects } from '../../../core/task/gating.ts'
import { apply } from '../../../engine/apply.ts'
import { dispatchGate } from '../../../engine/gate/dispatch.ts'
import { joinWaitlist } from '../../../engine/gate/effects.ts'
import type { World } from '../../../engine/world.ts'
import { given, type HandWorld, handWorld, keyOf, rowOf } from '../world.ts'

const KEY = { kind: 'gate', tenant: 'acme', id: 'tenant' } as const

/** So many tasks in the line of a gate that has been opened meanwhile. */
const crowd = async (world: HandWorld, count: number): Promise<readonly string[]> => {
  const ids = Array.from({ length: count }, (_, index) => `t${String(index).padStart(3, '0')}`)
  for (const id of ids) {
    await given(world, id)
    const said = { at: world.now, by: 'system:gate', gate: gateRef('acme', 'tenant'), held: [] }
    await apply(world, keyOf(id), () => ({ name: 'block', ...said }))
    for (const join of joinEffects(await rowOf(world, id))) await joinWaitlist(world, join)
  }
  return ids
}
const gate = async (world: World) => (await world.store.get(KEY)) as GateRow
const turn = async (world: World) => dispatchGate(world, await gate(world))
const waiting = async (world: World, ids: readonly string[]) =>
  (await Promise.all(ids.map((id) => rowOf(world, id)))).filter(({ blocked }) => blocked !== undefined).length

describe('a gate that has been opened', () => {
  test('lets go those who have gathered, a hundred at a turn, and then forgets its line', async () => {
    const world = handWorld()
    const ids = await crowd(world, LIMITS.gateOpenAdmitCount + 30)
    expect(await turn(world)).toBeUndefined()
    expect(await waiting(world, ids)).toBe(30)
    // Nobody has taken those who have gone out of the line: it does that itself, and goes on.
    for (let turns = 0; (await gate(world)).waitlist && turns < 5; turns++) await turn(world)
    expect(await waiting(world, ids)).toBe(0)
    expect(await gate(world)).toMatchObject({ holders: [] })
    expect(await gate(world)).not.toHaveProperty('waitlist')
    // Made, stopped, let go: nobody is told twice.
    for (const id of ids) expect((await rowOf(world, id)).history).toHaveLength(3)
  })

  test('tells some side by side, and no more than it may', async () => {
    const world = handWorld()
    await crowd(world, 60)
    let [underWay, most] = [0, 0]
    const put: World['store']['put'] = async (row, expected) => {
      most = Math.max(most, ++underWay)
      await new Promise(setImmediate)
      underWay--
      return world.store.put(row, expected)
    }
    await turn({ ...world, store: { ...world.store, put } })
    expect(most).toBe(LIMITS.commandParallelCount)
  })

  test('forgets nobody when a worker dies in the middle of it', async () => {
    const world = handWorld()
    const ids = await crowd(world, 60)
    const put: World['store']['put'] = async (row, expected) => {
      if (row.id === 't030') throw new Error('the worker died')
      return world.store.put(row, expected)
    }
    await expect(turn({ ...world, store: { ...world.store, put } })).rejects.toThrow('the worker died')
    expect(await waiting(world, ids)).toBeGreaterThan(0)
    expect(await gate(world)).toMatchObject({ waitlist: true })
    await turn(world)
    expect(await waiting(world, ids)).toBe(0)
  })
})
