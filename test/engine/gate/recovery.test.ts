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
import { appOf, given, type HandWorld, handWorld, keyOf, rowOf } from '../world.ts'
import { hall } from './gate-harness.ts'

const MINUTE = 60_000
const GATE = 'acme/key.room'
const KEY = { kind: 'gate', tenant: 'acme', id: 'key.room' } as const

/** A task that is blocked at a full gate, of which nobody has ever told the gate. */
const blocked = async (world: HandWorld, expiresAt?: number) => {
  await given(world, 't1', expiresAt === undefined ? {} : { expiresAt })
  const said = { by: 'system:gate', at: world.now }
  await apply(world, KEY, () => ({
    name: 'acquire',
    ...said,
    task: 'acme/t0',
    epoch: 1,
    until: world.now + 60 * MINUTE,
    limits: { limit: 1 },
    revision: 0,
  }))
  await apply(world, keyOf('t1'), () => ({ name: 'block', ...said, gate: GATE, held: [] }))
}
const line = (world: HandWorld) => world.store.entries(waitlistOf(GATE), { limit: 10 })
const gate = async (world: HandWorld) => (await world.store.get(KEY)) as GateRow

describe('the sweep', () => {
  test('has a task that waits too long stand in its line again, which is no repair', async () => {
    const world = handWorld()
    await blocked(world)
    world.advance(LIMITS.gateRecoveryMs + LIMITS.sweepGraceMs + MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 0, faults: [] })
    const row = await rowOf(world, 't1')
    expect(await line(world)).toEqual([{ at: waitlistPlaceOf(row), value: row.epoch }])
    expect(await gate(world)).toMatchObject({ waitlist: true, dueAt: expect.any(Number) })
    expect(world.sent).toEqual([])
  })

  test('does so as often as it looks, and the task stands there once', async () => {
    const world = handWorld()
    await blocked(world)
    for (let minutes = 0; minutes < 90; minutes += 5) {
      world.advance(5 * MINUTE)
      await sweep(world, appOf())
    }
    expect(await line(world)).toHaveLength(1)
  })

  test('leaves one alone that has not waited for long', async () => {
    const world = handWorld()
    await blocked(world)
    world.advance(10 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 0 })
    expect(await line(world)).toEqual([])
  })

  test('wakes one whose deadline has passed without anybody noticing', async () => {
    const world = handWorld()
    await blocked(world, world.now + 5 * MINUTE)
    world.advance(8 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 1 })
    expect(world.sent).toMatchObject([{ nudge: { kind: 'task', id: 't1' } }])
    expect(await line(world)).toEqual([])
  })

  test('tells a gate what has been said of it since, if nobody has: or a lost resume would stop its line for ever', async () => {
    const world = handWorld()
    const scope = { kind: 'gate', tenant: 'acme', id: 'type.greet' } as const
    const said = { at: world.now, by: 'user:ann', scope: 'type.greet' } as const
    await given(world, 't1')
    await apply(world, tenantKey('acme'), () => ({ ...said, name: 'pause' }))
    await apply(world, scope, () => ({
      name: 'control',
      ...said,
      control: { paused: { at: world.now, by: 'user:ann' } },
      revision: 2,
    }))
    await apply(world, keyOf('t1'), () => ({ name: 'block', ...said, gate: 'acme/type.greet', held: [] }))
    await apply(world, tenantKey('acme'), () => ({ ...said, name: 'resume' }))
    world.advance(LIMITS.gateRecoveryMs + LIMITS.sweepGraceMs + MINUTE)
    await sweep(world, appOf())
    expect(await world.store.get(scope)).toMatchObject({ control: {}, waitlist: true, dueAt: world.now })
  })

  test('wakes a gate that should have been turned and was not', async () => {
    const world = handWorld()
    await blocked(world)
    await apply(world, KEY, () => ({ name: 'enqueue', at: world.now, by: 'system:relay', task: 'acme/z', epoch: 1 }))
    const { epoch, dueAt } = await gate(world)
    world.advance((dueAt ?? 0) - world.now + LIMITS.sweepGraceMs + MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 1 })
    expect(world.sent).toMatchObject([
      { delayMs: 0, nudge: { kind: 'gate', tenant: 'acme', id: 'key.room', epoch, lane: 'control' } },
    ])
  })
})

test('a restart has those who wait stand in their lines again, and wakes the gates', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'carillon-gates-'))
  try {
    const file = join(folder, 'carillon.db')
    const first = await hall({}, {}, file)
    const room = { gate: { key: 'room' } }
    await first.come('a', 10, room)
    await first.pass('1s')
    const second = await first.come('b', 10, room)
    await first.pass('1s')
    const place = waitlistPlaceOf(await first.row(second)) ?? ''
    await first.world.store.dropEntry(waitlistOf(GATE), place)
    await first.stop()

    const again = await hall({}, {}, file)
    expect((await again.world.store.entries(waitlistOf(GATE), { limit: 10 })).map(({ at }) => at)).toEqual([place])
    await again.pass('5m')
    expect((await again.get(second)).state).toBe('succeeded')
    await again.stop()
  } finally {
    rmSync(folder, { recursive: true })
  }
})
