import { describe, expect, test } from 'vitest'
import { CONTROL_LANE } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import type { BulkOperation, BulkRequest } from '../../core/operation/row.ts'
import { isRefusal } from '../../core/refusal.ts'
import { apply } from '../../engine/apply.ts'
import { runOperation } from '../../engine/operations.ts'
import { relay } from '../../engine/relay.ts'
import { sweep } from '../../engine/sweep/sweep.ts'
import type { World } from '../../engine/world.ts'
import { POLICY } from '../core/task/rows.ts'
import { appOf, given, type HandWorld, handWorld, rowOf } from './world.ts'

const APP = appOf()
const KEY = { kind: 'operation', tenant: 'acme', id: 'op1' } as const

const begin = async (world: World, request: Partial<BulkRequest> = {}): Promise<void> => {
  const rate = { count: 6_000, periodMs: 60_000 }
  const command = {
    name: 'start',
    at: world.clock.now(),
    by: 'user:alice',
    request: { action: 'hold', filter: { type: 'greet' }, rate, ...request },
  } as const
  const done = await apply(world, KEY, () => command, 'none')
  if (isRefusal(done)) throw new Error(done.message)
}

const now = async (world: World): Promise<BulkOperation> => (await world.store.get(KEY)) as BulkOperation
/** What the message of its present wake-up brings about. */
const goOn = async (world: World, as: World = world) => {
  const { tenant, id, epoch, dueAt = 0 } = await now(world)
  return runOperation(as, APP, { kind: 'operation', tenant, id, epoch, lane: CONTROL_LANE.name, dueAt })
}
const tasks = async (world: HandWorld, count: number): Promise<readonly string[]> => {
  const ids = Array.from({ length: count }, (_, index) => `t${String(index).padStart(4, '0')}`)
  for (const [index, id] of ids.entries()) await given(world, id, { notBefore: world.now + 60_000 + index })
  return ids
}
const held = async (world: World, ids: readonly string[]) =>
  (await Promise.all(ids.map((id) => rowOf(world, id)))).filter(({ state }) => state === 'pending').length

/** The world of a worker whose store dies at its nth call of a verb. */
const dyingAt = (world: HandWorld, verb: 'put' | 'agenda', nth: number): World => {
  let calls = 0
  const act = world.store[verb] as (...given: unknown[]) => Promise<unknown>
  const dies = async (...given: unknown[]) => {
    if (++calls === nth) throw new Error('the worker died')
    return act(...given)
  }
  return { ...world, store: { ...world.store, [verb]: dies } }
}

describe('an operation', () => {
  test('goes page by page through everything that fits, and then has succeeded', async () => {
    const world = handWorld()
    const ids = await tasks(world, 230)
    await given(world, 'other', { policy: { ...POLICY, type: 'copy' } })
    await begin(world)
    for (const count of [100, 200]) {
      expect(await goOn(world)).toBeUndefined()
      expect(await now(world)).toMatchObject({ state: 'running', changedCount: count })
      expect(await held(world, ids)).toBe(count)
    }
    await goOn(world)
    expect(await now(world)).toMatchObject({ state: 'succeeded', examinedCount: 231, matchedCount: 230, changedCount: 230 })
    expect((await rowOf(world, 'other')).state).toBe('scheduled')
  })

  test('tells some side by side, no more than it may, and counts and lists them as it found them', async () => {
    const world = handWorld()
    const ids = await tasks(world, 60)
    await begin(world)
    let [underWay, most] = [0, 0]
    const put: World['store']['put'] = async (row, expected) => {
      most = Math.max(most, ++underWay)
      // The later half answers sooner.
      for (let turn = row.id < 't0030' ? 3 : 1; turn > 0; turn--) await new Promise(setImmediate)
      underWay--
      return world.store.put(row, expected)
    }
    await goOn(world, { ...world, store: { ...world.store, put } })
    expect(most).toBe(LIMITS.commandParallelCount)
    expect(await now(world)).toMatchObject({ state: 'succeeded', changedCount: 60, refusedCount: 0 })
    expect((await now(world)).results?.map(({ task }) => task)).toEqual(ids)
  })

  test('is spoken to by one wake-up only: another message finds it moved on', async () => {
    const world = handWorld()
    await tasks(world, 3)
    await begin(world)
    const nudge = { ...KEY, epoch: 1, lane: 'control', dueAt: 0 }
    await runOperation(world, APP, nudge)
    expect(await runOperation(world, APP, nudge)).toMatchObject({ refused: 'finished' })
    expect(await runOperation(world, APP, { ...nudge, epoch: 7 })).toMatchObject({ refused: 'superseded' })
    expect(await runOperation(world, APP, { ...nudge, id: 'nobody' })).toMatchObject({ refused: 'unknown' })
  })

  test('counts in a dry run, and tells nobody anything', async () => {
    const world = handWorld()
    const ids = await tasks(world, 120)
    await begin(world, { dryRun: true })
    await goOn(world)
    expect(await now(world)).toMatchObject({ state: 'succeeded', examinedCount: 120, matchedCount: 120, changedCount: 0 })
    expect(await held(world, ids)).toBe(0)
  })

  test('rests between pages as its rate says, on a timer if that is long', async () => {
    const world = handWorld()
    await tasks(world, 25)
    await begin(world, { rate: { count: 10, periodMs: 3_600_000 } })
    const before = await now(world)
    await goOn(world)
    const after = await now(world)
    expect(after).toMatchObject({ changedCount: 10, dueAt: world.now + 3_600_000 })
    await relay(world, { before, after })
    expect([...world.timersByName.values()]).toMatchObject([{ nudge: { kind: 'operation', id: 'op1', epoch: after.epoch } }])
  })

  test('lists what it has told: touched, or refused and why', async () => {
    const world = handWorld()
    await tasks(world, 2)
    const { epoch } = await given(world, 'running')
    await begin(world)
    const before = await now(world)
    const claim = { name: 'claim', at: world.now, by: 'worker:w', epoch, owner: 'w', leaseMs: 60_000 } as const
    let isTaken = false
    const put: World['store']['put'] = async (row, expected) => {
      const done = await world.store.put(row, expected)
      // Between the look at it and the word to it, a worker takes it up.
      if (!isTaken) {
        isTaken = true
        await apply(world, { kind: 'task', tenant: 'acme', id: 'running' }, () => claim)
      }
      return done
    }
    await goOn(world, { ...world, store: { ...world.store, put } })
    await relay(world, { before, after: await now(world) })
    const entries = await world.store.entries({ list: 'results', tenant: 'acme', id: 'op1' }, { limit: 10 })
    expect(entries.map(({ value }) => value)).toMatchObject([
      { task: 'running', result: 'refused', state: 'running', detail: expect.stringContaining('is held by a worker until') },
      { task: 't0000', result: 'changed', state: 'pending' },
      { task: 't0001', result: 'changed', state: 'pending' },
    ])
    expect(await now(world)).toMatchObject({ changedCount: 2, refusedCount: 1, matchedCount: 3 })
  })

  test('meets a task that it has moved no second time', async () => {
    const world = handWorld()
    const ids = await tasks(world, 150)
    await begin(world, { action: 'reschedule', notBefore: world.now + 3_600_000, spreadMs: 600_000 })
    for (let page = 0; page < 4 && (await now(world)).state === 'running'; page++) await goOn(world)
    expect(await now(world)).toMatchObject({ state: 'succeeded', changedCount: 150, matchedCount: 150, refusedCount: 0 })
    for (const id of ids) expect((await rowOf(world, id)).history).toHaveLength(2)
  })

  test('leaves alone what was made after it began', async () => {
    const world = handWorld()
    await tasks(world, 1)
    await begin(world)
    world.advance(5_000)
    await given(world, 'late', { notBefore: world.now + 60_000 })
    await goOn(world)
    expect((await rowOf(world, 'late')).state).toBe('scheduled')
  })
})

describe('a worker that dies in the middle of a page', () => {
  // The first put takes the page in hand, the next three tell its tasks, the last counts it.
  test.each([1, 2, 3, 4, 5])('at write %i leaves nothing told twice and nothing counted twice', async (nth) => {
    const world = handWorld()
    const ids = await tasks(world, 3)
    await begin(world)
    await expect(goOn(world, dyingAt(world, 'put', nth))).rejects.toThrow('the worker died')
    if (nth > 1) {
      expect(await goOn(world)).toMatchObject({ refused: 'leased' })
      world.advance(CONTROL_LANE.leaseMs)
    }
    expect(await goOn(world)).toBeUndefined()
    expect(await now(world)).toMatchObject({ state: 'succeeded', examinedCount: 3, matchedCount: 3, changedCount: 3 })
    for (const id of ids) expect((await rowOf(world, id)).version).toBe(2)
    expect((await now(world)).results?.map(({ task, result }) => `${task} ${result}`)).toEqual(ids.map((id) => `${id} changed`))
  })

  test('is made up for even if the tasks have been busy since', async () => {
    const world = handWorld()
    const [id = ''] = await tasks(world, 1)
    await begin(world, { action: 'reschedule', notBefore: world.now + 3_600_000 })
    await expect(goOn(world, dyingAt(world, 'put', 3))).rejects.toThrow('the worker died')
    const key = { kind: 'task', tenant: 'acme', id } as const
    for (let move = 0; move < 30; move++)
      await apply(world, key, () => ({ name: 'reschedule', at: world.now, by: 'user:bob', notBefore: world.now + move }))
    world.advance(CONTROL_LANE.leaseMs)
    const { version } = await rowOf(world, id)
    await goOn(world)
    expect(await rowOf(world, id)).toMatchObject({ version })
    expect(await now(world)).toMatchObject({ state: 'succeeded', changedCount: 1 })
  })

  test('stops telling when its time is over, because another tells from then on', async () => {
    const world = handWorld()
    const ids = await tasks(world, 3)
    await begin(world)
    let calls = 0
    const slow: World = {
      ...world,
      store: {
        ...world.store,
        put: (row, expected) => {
          if (++calls === 2) world.advance(CONTROL_LANE.leaseMs)
          return world.store.put(row, expected)
        },
      },
    }
    await expect(goOn(world, slow)).rejects.toThrow('is told anew')
    expect(await held(world, ids)).toBe(1)
    await goOn(world)
    expect(await held(world, ids)).toBe(3)
    expect(await now(world)).toMatchObject({ state: 'succeeded', changedCount: 3 })
  })

  test('is found by the sweep when its message is lost as well', async () => {
    const world = handWorld()
    await tasks(world, 1)
    await begin(world)
    await expect(goOn(world, dyingAt(world, 'agenda', 1))).rejects.toThrow('the worker died')
    world.advance(300_000)
    await sweep(world, APP)
    expect(world.sent.map(({ nudge }) => nudge)).toContainEqual(
      expect.objectContaining({ kind: 'operation', id: 'op1', epoch: 1 }),
    )
  })
})

test('two workers with the same message tell every task once', async () => {
  const world = handWorld()
  const ids = await tasks(world, 20)
  await begin(world)
  const answers = await Promise.all([goOn(world), goOn(world)])
  expect(answers.filter((answer) => answer === undefined)).toHaveLength(1)
  for (const id of ids) expect((await rowOf(world, id)).version).toBe(2)
  expect(await now(world)).toMatchObject({ changedCount: 20, matchedCount: 20 })
})

test('an abort in the middle of a page lets that page be told, and none after it', async () => {
  const world = handWorld()
  const ids = await tasks(world, 150)
  await begin(world)
  await expect(goOn(world, dyingAt(world, 'put', 50))).rejects.toThrow('the worker died')
  const abort = { name: 'abort', at: world.now, by: 'user:bob', retentionMs: 1 } as const
  await apply(world, KEY, () => abort)
  world.advance(CONTROL_LANE.leaseMs)
  await goOn(world)
  expect(await now(world)).toMatchObject({ state: 'aborted', changedCount: 100, abort: { by: 'user:bob' } })
  expect(await held(world, ids)).toBe(100)
})
