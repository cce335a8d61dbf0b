import { beforeEach, describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { apply } from '../../../engine/apply.ts'
import { sweep } from '../../../engine/sweep/sweep.ts'
import type { World } from '../../../engine/world.ts'
import { appOf, type EngineWorld, engineWorld, given, keyOf } from '../world.ts'

const MINUTE = 60_000
const PAUSED = 1_000

/** A world that counts the pages and rows that the sweep reads. */
const countingWorld = (world: EngineWorld) => {
  const seen = { pages: 0, rows: 0 }
  const watched: World['store']['watched'] = async (query) => {
    seen.pages++
    return world.store.watched(query)
  }
  const getTasks: World['store']['getTasks'] = async (tenant, ids) => {
    seen.rows += ids.length
    return world.store.getTasks(tenant, ids)
  }
  return { seen, world: { ...world, store: { ...world.store, watched, getTasks } } }
}

describe('with many paused tasks, the sweep', () => {
  let world: EngineWorld
  beforeEach(async () => {
    world = engineWorld()
    const stamp = { at: world.now, by: 'system:gate', gate: 'acme/tenant', held: [] }
    for (let index = 0; index < PAUSED; index++) {
      const id = `paused${index}`
      await given(world, id, { notBefore: world.now - MINUTE })
      await apply(world, keyOf(id), () => ({ name: 'block', ...stamp }))
    }
    // The first repair moments are over.
    world.advance(LIMITS.gateRecoveryMs + 26 * MINUTE)
    await sweep(world, appOf())
    await given(world, 'lost', { notBefore: world.now + MINUTE, expiresAt: world.now + 2 * MINUTE, ready: false })
    world.advance(5 * MINUTE)
  })

  test('skips them between the repair moments, and finds the lost task behind them', async () => {
    const { seen, world: counting } = countingWorld(world)
    expect(await sweep(counting, appOf())).toMatchObject({ repaired: 1, examined: 1 })
    expect(seen).toEqual({ pages: 2, rows: 1 })
    expect(world.sent.map(({ nudge }) => nudge.id)).toEqual(['lost'])
  })

  test('reads each of them at its repair moment', async () => {
    world.advance(2 * MINUTE) // 33 minutes overdue
    const { seen, world: seeing } = countingWorld(world)
    await sweep(seeing, appOf())
    expect(seen.rows).toBeGreaterThanOrEqual(PAUSED)
    const line = await world.store.entries({ list: 'waitlist', tenant: 'acme', id: 'tenant' }, { limit: 2 * PAUSED })
    expect(line).toHaveLength(PAUSED)
  })
})
