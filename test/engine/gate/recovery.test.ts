import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { GateRow } from '../../../core/gate/row.ts'
import { LIMITS } from '../../../core/limits.ts'
import { waitlistPlaceOf } from '../../../core/task/gating.ts'
import { tenantKey } from '../../../core/tenant/row.ts'
import { apply } from '../../../engine/apply.ts'
import { waitlistOf } from '../../../engine/gate/effects.ts'
import { sweep } from '../../../engine/sweep/sweep.ts'
import { appOf, type EngineWorld, engineWorld, given, keyOf, rowOf } from '../world.ts'
import { gateHarness } from './gate-harness.ts'

const MINUTE = 60_000
const GATE = 'acme/key.room'
const KEY = { kind: 'gate', tenant: 'acme', id: 'key.room' } as const

/** Blocks a task at a full gate without relaying the change, so the gate has no waitlist entry of it. */
const blockTask = async (world: EngineWorld, expiresAt?: number) => {
  await given(world, 't1', expiresAt === undefined ? {} : { expiresAt })
  const stamp = { by: 'system:gate', at: world.now }
  await apply(world, KEY, () => ({
    name: 'acquire',
    ...stamp,
    task: 'acme/t0',
    epoch: 1,
    until: world.now + 60 * MINUTE,
    limits: { limit: 1 },
    revision: 0,
  }))
  await apply(world, keyOf('t1'), () => ({ name: 'block', ...stamp, gate: GATE, held: [] }))
}
const waitlist = (world: EngineWorld) => world.store.entries(waitlistOf(GATE), { limit: 10 })
const gate = async (world: EngineWorld) => (await world.store.get(KEY)) as GateRow

describe('the sweep', () => {
  test('adds a task that waits for long to its waitlist again, and does not count this as a repair', async () => {
    const world = engineWorld()
    await blockTask(world)
    world.advance(LIMITS.gateRecoveryMs + LIMITS.sweepGraceMs + MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 0, faults: [] })
    const row = await rowOf(world, 't1')
    expect(await waitlist(world)).toEqual([{ at: waitlistPlaceOf(row), value: row.epoch }])
    expect(await gate(world)).toMatchObject({ waitlist: true, dueAt: expect.any(Number) })
    expect(world.sent).toEqual([])
  })

  test('keeps one waitlist entry for each task, even after many sweeps', async () => {
    const world = engineWorld()
    await blockTask(world)
    for (let minutes = 0; minutes < 90; minutes += 5) {
      world.advance(5 * MINUTE)
      await sweep(world, appOf())
    }
    expect(await waitlist(world)).toHaveLength(1)
  })

  test('does not change a task that has not waited for long', async () => {
    const world = engineWorld()
    await blockTask(world)
    world.advance(10 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 0 })
    expect(await waitlist(world)).toEqual([])
  })

  test('wakes a blocked task after its deadline', async () => {
    const world = engineWorld()
    await blockTask(world, world.now + 5 * MINUTE)
    world.advance(8 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 1 })
    expect(world.sent).toMatchObject([{ nudge: { kind: 'task', id: 't1' } }])
    expect(await waitlist(world)).toEqual([])
  })

  test('sends the current control to the gate, because after a lost resume the waitlist would stay blocked for ever', async () => {
    const world = engineWorld()
    const scope = { kind: 'gate', tenant: 'acme', id: 'type.greet' } as const
    const stamp = { at: world.now, by: 'user:ann', scope: 'type.greet' } as const
    await given(world, 't1')
    await apply(world, tenantKey('acme'), () => ({ ...stamp, name: 'pause' }))
    await apply(world, scope, () => ({
      name: 'control',
      ...stamp,
      control: { paused: { at: world.now, by: 'user:ann' } },
      revision: 2,
    }))
    await apply(world, keyOf('t1'), () => ({ name: 'block', ...stamp, gate: 'acme/type.greet', held: [] }))
    await apply(world, tenantKey('acme'), () => ({ ...stamp, name: 'resume' }))
    world.advance(LIMITS.gateRecoveryMs + LIMITS.sweepGraceMs + MINUTE)
    await sweep(world, appOf())
    expect(await world.store.get(scope)).toMatchObject({ control: {}, waitlist: true, dueAt: world.now })
  })

  test('wakes a gate whose dispatch is overdue', async () => {
    const world = engineWorld()
    await blockTask(world)
    await apply(world, KEY, () => ({ name: 'enqueue', at: world.now, by: 'system:relay', task: 'acme/z', epoch: 1 }))
    const { epoch, dueAt } = await gate(world)
    world.advance((dueAt ?? 0) - world.now + LIMITS.sweepGraceMs + MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 1 })
    expect(world.sent).toMatchObject([
      { delayMs: 0, nudge: { kind: 'gate', tenant: 'acme', id: 'key.room', epoch, lane: 'control' } },
    ])
  })
})

test('a restart adds blocked tasks to their waitlists again, and wakes the gates', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-gates-'))
  try {
    const file = join(folder, 'carillon.db')
    const first = await gateHarness({}, {}, file)
    const room = { gate: { key: 'room' } }
    await first.addTask('a', 10, room)
    await first.advance('1s')
    const second = await first.addTask('b', 10, room)
    await first.advance('1s')
    const place = waitlistPlaceOf(await first.row(second)) ?? ''
    await first.world.store.dropEntry(waitlistOf(GATE), place)
    await first.stop()

    const again = await gateHarness({}, {}, file)
    expect((await again.world.store.entries(waitlistOf(GATE), { limit: 10 })).map(({ at }) => at)).toEqual([place])
    await again.advance('5m')
    expect((await again.get(second)).state).toBe('succeeded')
    await again.stop()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
