import { describe, expect, test } from 'vitest'
import type { GateRow } from '../../core/gate/row.ts'
import { LIMITS } from '../../core/limits.ts'
import { encodeNudge, type Nudge, timerName } from '../../core/row/nudge.ts'
import { wakeup } from '../../core/wakeup.ts'
import { control } from '../../engine/control.ts'
import { deadLetterOfChange, handleDeadLetter } from '../../engine/dead-letters.ts'
import { execute } from '../../engine/execute/execute.ts'
import { sweep } from '../../engine/sweep/sweep.ts'
import { aGate } from '../contract/rows.ts'
import { appOf, type EngineWorld, engineWorld, given, messageFor } from './world.ts'

const MINUTE = 60_000

/** A due gate with an overdue holder whose task does not exist: a dispatch releases its place. */
const dueGate = async (world: EngineWorld, more: Partial<GateRow> = {}): Promise<GateRow> => {
  const gate = aGate('acme', 'key.erp', {
    dueAt: world.now,
    updatedAt: world.now,
    waitlist: true,
    holders: [{ task: 'acme/gone', epoch: 1, until: world.now }],
    ...more,
  })
  expect(await world.store.put(gate, 0)).toEqual({ written: true })
  return gate
}
const nudgeOf = (gate: GateRow, more: Partial<Nudge> = {}): Nudge => ({
  kind: 'gate',
  tenant: gate.tenant,
  id: gate.id,
  epoch: gate.epoch,
  lane: 'control',
  dueAt: gate.dueAt ?? 0,
  ...more,
})
const messageWith = (nudge: Nudge) => ({ id: 'm1', body: encodeNudge(nudge), receiveCount: 1 })
const quarantined = async (world: EngineWorld) =>
  (await world.store.agenda({ tenant: 'carillon', order: 'latest', attention: 'failed', limit: 10 })).length

describe('the control lane', () => {
  test('dispatches the gate that a nudge names', async () => {
    const world = engineWorld()
    const gate = await dueGate(world)
    expect(await control(world, appOf(), messageWith(nudgeOf(gate)))).toEqual({ delivery: 'acknowledge' })
    expect(await world.store.get(gate)).toMatchObject({ version: 2, holders: [] })
  })

  test('acknowledges a nudge of an older epoch and logs it', async () => {
    const world = engineWorld()
    const gate = await dueGate(world, { version: 1, epoch: 2 })
    expect(await control(world, appOf(), messageWith(nudgeOf(gate, { epoch: 1 })))).toEqual({ delivery: 'acknowledge' })
    expect(await world.store.get(gate)).toEqual(gate)
    expect(world.metered).toContainEqual({ metric: 'Superseded', value: 1 })
    expect(world.lines).toContainEqual({
      level: 'info',
      message: 'nudge.superseded',
      fields: expect.objectContaining({ tenant: 'acme', gateId: 'key.erp', epoch: 1 }),
    })
  })

  test('sends an early nudge again with the remaining delay, without reading the row', async () => {
    const world = engineWorld()
    const nudge = nudgeOf(aGate('acme', 'key.erp'), { dueAt: world.now + 20 * MINUTE })
    expect(await control(world, appOf(), messageWith(nudge))).toEqual({ delivery: 'acknowledge' })
    expect(world.sent).toEqual([{ nudge, delayMs: LIMITS.queueDelayMs }])
  })

  test('quarantines an unreadable message and the nudge of a task', async () => {
    const world = engineWorld()
    expect(await control(world, appOf(), { id: 'm1', body: 'garbage', receiveCount: 1 })).toEqual({ delivery: 'acknowledge' })
    expect(await control(world, appOf(), messageFor(await given(world, 't1')))).toEqual({ delivery: 'acknowledge' })
    expect(await quarantined(world)).toBe(2)
  })

  test('alone accepts gates: an executor quarantines the nudge of a gate', async () => {
    const world = engineWorld()
    const gate = await dueGate(world)
    expect(await execute(world, appOf(), messageWith(nudgeOf(gate)))).toEqual({ delivery: 'acknowledge' })
    expect(await world.store.get(gate)).toEqual(gate)
    expect(await quarantined(world)).toBe(1)
  })
})

describe('a gate with a dead letter', () => {
  const deadLetter = (nudge: Nudge) => ({ ...messageWith(nudge), receiveCount: 5, source: 'lane:control', reason: 'thrown' })

  test('is woken again later, and the dead letter is counted', async () => {
    const world = engineWorld()
    const nudge = nudgeOf(await dueGate(world))
    expect(await handleDeadLetter(world, appOf(), deadLetter(nudge))).toEqual({ delivery: 'acknowledge' })
    const dueAt = world.now + LIMITS.redeliveryWaitMs
    expect(world.sent).toEqual([{ nudge: { ...nudge, dueAt }, delayMs: LIMITS.redeliveryWaitMs }])
    expect(world.metered).toContainEqual({ metric: 'DeadLetters', value: 1 })
    expect(world.lines.at(-1)).toMatchObject({ message: 'deadLetter.sentAgain', fields: { gateId: 'key.erp' } })
  })

  test('before its due time is woken at that time, by a timer of the same name if the time is far', async () => {
    const world = engineWorld()
    const nudge = nudgeOf(aGate('acme', 'key.erp'), { dueAt: world.now + 60 * MINUTE })
    await handleDeadLetter(world, appOf(), deadLetter(nudge))
    expect(world.sent).toEqual([])
    const { at } = wakeup(world.now, nudge.dueAt, nudge.id) as { at: number }
    expect([...world.timersByName]).toEqual([[timerName(nudge), { at, nudge }]])
  })

  test('can be one whose change could not be relayed, if the gate has a wake-up', async () => {
    const world = engineWorld()
    const after = await dueGate(world)
    const dead = deadLetterOfChange({ after }, 10, new Error('down'))
    expect(dead).toMatchObject({ source: 'relay', reason: 'down', body: encodeNudge(nudgeOf(after)) })
    const { dueAt: _, ...idle } = after
    expect(deadLetterOfChange({ after: idle }, 10, new Error('down'))).toBeUndefined()
  })
})

describe('a gate whose wake-up was lost', () => {
  test('is woken by the sweep, like the tasks of its tenant', async () => {
    const world = engineWorld()
    const gate = await dueGate(world)
    await given(world, 't1', { expiresAt: world.now + 1, ready: false })
    await world.store.put(aGate('acme', 'idle'), 0)
    world.advance(3 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 2 })
    expect(world.sent.map(({ nudge }) => `${nudge.kind} ${nudge.id}`).sort()).toEqual(['gate key.erp', 'task t1'])
    expect(world.sent).toContainEqual({ nudge: nudgeOf(gate), delayMs: 0 })
    expect(world.lines).toContainEqual({
      level: 'warn',
      message: 'sweep.repaired',
      fields: expect.objectContaining({ tenant: 'acme', gateId: 'key.erp' }),
    })
  })
})
