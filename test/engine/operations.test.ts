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
import { appOf, type EngineWorld, engineWorld, given, rowOf } from './world.ts'

const APP = appOf()
const KEY = { kind: 'operation', tenant: 'acme', id: 'op1' } as const

const startOperation = async (world: World, request: Partial<BulkRequest> = {}): Promise<void> => {
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

const operation = async (world: World): Promise<BulkOperation> => (await world.store.get(KEY)) as BulkOperation
/** Handles the message of the operation's current wake-up. */
const runPage = async (world: World, as: World = world) => {
  const { tenant, id, epoch, dueAt = 0 } = await operation(world)
  return runOperation(as, APP, { kind: 'operation', tenant, id, epoch, lane: CONTROL_LANE.name, dueAt })
}
const createTasks = async (world: EngineWorld, count: number): Promise<readonly string[]> => {
  const ids = Array.from({ length: count }, (_, index) => `t${String(index).padStart(4, '0')}`)
  for (const [index, id] of ids.entries()) await given(world, id, { notBefore: world.now + 60_000 + index })
  return ids
}
const countHeld = async (world: World, ids: readonly string[]) =>
  (await Promise.all(ids.map((id) => rowOf(world, id)))).filter(({ state }) => state === 'pending').length

/** A world whose store throws at the nth call of a function. */
const failingAt = (world: EngineWorld, verb: 'put' | 'agenda', nth: number): World => {
  let calls = 0
  const act = world.store[verb] as (...given: unknown[]) => Promise<unknown>
  const failing = async (...given: unknown[]) => {
    if (++calls === nth) throw new Error('the worker died')
    return act(...given)
  }
  return { ...world, store: { ...world.store, [verb]: failing } }
}

describe('a bulk operation', () => {
  test('processes each matching task, page by page, and then succeeds', async () => {
    const world = engineWorld()
    const ids = await createTasks(world, 230)
    await given(world, 'other', { policy: { ...POLICY, type: 'copy' } })
    await startOperation(world)
    for (const count of [100, 200]) {
      expect(await runPage(world)).toBeUndefined()
      expect(await operation(world)).toMatchObject({ state: 'running', changedCount: count })
      expect(await countHeld(world, ids)).toBe(count)
    }
    await runPage(world)
    expect(await operation(world)).toMatchObject({ state: 'succeeded', examinedCount: 231, matchedCount: 230, changedCount: 230 })
    expect((await rowOf(world, 'other')).state).toBe('scheduled')
  })

  test('commands tasks in parallel up to the limit, and lists the results in the order of the tasks', async () => {
    const world = engineWorld()
    const ids = await createTasks(world, 60)
    await startOperation(world)
    let [running, max] = [0, 0]
    const put: World['store']['put'] = async (row, expected) => {
      max = Math.max(max, ++running)
      // The later half ends first.
      for (let turn = row.id < 't0030' ? 3 : 1; turn > 0; turn--) await new Promise(setImmediate)
      running--
      return world.store.put(row, expected)
    }
    await runPage(world, { ...world, store: { ...world.store, put } })
    expect(max).toBe(LIMITS.commandParallelCount)
    expect(await operation(world)).toMatchObject({ state: 'succeeded', changedCount: 60, refusedCount: 0 })
    expect((await operation(world)).results?.map(({ task }) => task)).toEqual(ids)
  })

  test('runs once for each wake-up: a second message is refused', async () => {
    const world = engineWorld()
    await createTasks(world, 3)
    await startOperation(world)
    const nudge = { ...KEY, epoch: 1, lane: 'control', dueAt: 0 }
    await runOperation(world, APP, nudge)
    expect(await runOperation(world, APP, nudge)).toMatchObject({ refused: 'finished' })
    expect(await runOperation(world, APP, { ...nudge, epoch: 7 })).toMatchObject({ refused: 'superseded' })
    expect(await runOperation(world, APP, { ...nudge, id: 'nobody' })).toMatchObject({ refused: 'unknown' })
  })

  test('only counts in a dry run, and changes no task', async () => {
    const world = engineWorld()
    const ids = await createTasks(world, 120)
    await startOperation(world, { dryRun: true })
    await runPage(world)
    expect(await operation(world)).toMatchObject({ state: 'succeeded', examinedCount: 120, matchedCount: 120, changedCount: 0 })
    expect(await countHeld(world, ids)).toBe(0)
  })

  test('waits between pages by its rate, on a timer if the wait is long', async () => {
    const world = engineWorld()
    await createTasks(world, 25)
    await startOperation(world, { rate: { count: 10, periodMs: 3_600_000 } })
    const before = await operation(world)
    await runPage(world)
    const after = await operation(world)
    expect(after).toMatchObject({ changedCount: 10, dueAt: world.now + 3_600_000 })
    await relay(world, { before, after })
    expect([...world.timersByName.values()]).toMatchObject([{ nudge: { kind: 'operation', id: 'op1', epoch: after.epoch } }])
  })

  test('lists each result: changed, or refused with the reason', async () => {
    const world = engineWorld()
    await createTasks(world, 2)
    const { epoch } = await given(world, 'running')
    await startOperation(world)
    const before = await operation(world)
    const claim = { name: 'claim', at: world.now, by: 'worker:w', epoch, owner: 'w', leaseMs: 60_000 } as const
    let isClaimed = false
    const put: World['store']['put'] = async (row, expected) => {
      const done = await world.store.put(row, expected)
      // A worker claims the task between the read and the command.
      if (!isClaimed) {
        isClaimed = true
        await apply(world, { kind: 'task', tenant: 'acme', id: 'running' }, () => claim)
      }
      return done
    }
    await runPage(world, { ...world, store: { ...world.store, put } })
    await relay(world, { before, after: await operation(world) })
    const entries = await world.store.entries({ list: 'results', tenant: 'acme', id: 'op1' }, { limit: 10 })
    expect(entries.map(({ value }) => value)).toMatchObject([
      { task: 'running', result: 'refused', state: 'running', detail: expect.stringContaining('is held by a worker until') },
      { task: 't0000', result: 'changed', state: 'pending' },
      { task: 't0001', result: 'changed', state: 'pending' },
    ])
    expect(await operation(world)).toMatchObject({ changedCount: 2, refusedCount: 1, matchedCount: 3 })
  })

  test('reschedules no task twice', async () => {
    const world = engineWorld()
    const ids = await createTasks(world, 150)
    await startOperation(world, { action: 'reschedule', notBefore: world.now + 3_600_000, spreadMs: 600_000 })
    for (let page = 0; page < 4 && (await operation(world)).state === 'running'; page++) await runPage(world)
    expect(await operation(world)).toMatchObject({ state: 'succeeded', changedCount: 150, matchedCount: 150, refusedCount: 0 })
    for (const id of ids) expect((await rowOf(world, id)).history).toHaveLength(2)
  })

  test('does not change tasks that were created after its start', async () => {
    const world = engineWorld()
    await createTasks(world, 1)
    await startOperation(world)
    world.advance(5_000)
    await given(world, 'late', { notBefore: world.now + 60_000 })
    await runPage(world)
    expect((await rowOf(world, 'late')).state).toBe('scheduled')
  })
})

describe('after a worker has died in the middle of a page', () => {
  // The first put writes the current page, the next three command its tasks, the last writes the results.
  test.each([1, 2, 3, 4, 5])('at write %i, no task gets the command twice and no result is counted twice', async (nth) => {
    const world = engineWorld()
    const ids = await createTasks(world, 3)
    await startOperation(world)
    await expect(runPage(world, failingAt(world, 'put', nth))).rejects.toThrow('the worker died')
    if (nth > 1) {
      expect(await runPage(world)).toMatchObject({ refused: 'leased' })
      world.advance(CONTROL_LANE.leaseMs)
    }
    expect(await runPage(world)).toBeUndefined()
    expect(await operation(world)).toMatchObject({ state: 'succeeded', examinedCount: 3, matchedCount: 3, changedCount: 3 })
    for (const id of ids) expect((await rowOf(world, id)).version).toBe(2)
    expect((await operation(world)).results?.map(({ task, result }) => `${task} ${result}`)).toEqual(
      ids.map((id) => `${id} changed`),
    )
  })

  test('the next worker completes the page even if the tasks have changed many times since', async () => {
    const world = engineWorld()
    const [id = ''] = await createTasks(world, 1)
    await startOperation(world, { action: 'reschedule', notBefore: world.now + 3_600_000 })
    await expect(runPage(world, failingAt(world, 'put', 3))).rejects.toThrow('the worker died')
    const key = { kind: 'task', tenant: 'acme', id } as const
    for (let move = 0; move < 30; move++)
      await apply(world, key, () => ({ name: 'reschedule', at: world.now, by: 'user:bob', notBefore: world.now + move }))
    world.advance(CONTROL_LANE.leaseMs)
    const { version } = await rowOf(world, id)
    await runPage(world)
    expect(await rowOf(world, id)).toMatchObject({ version })
    expect(await operation(world)).toMatchObject({ state: 'succeeded', changedCount: 1 })
  })

  test('a slow worker sends no command after the lease of the page, because another worker processes the page then', async () => {
    const world = engineWorld()
    const ids = await createTasks(world, 3)
    await startOperation(world)
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
    await expect(runPage(world, slow)).rejects.toThrow('the page is processed again')
    expect(await countHeld(world, ids)).toBe(1)
    await runPage(world)
    expect(await countHeld(world, ids)).toBe(3)
    expect(await operation(world)).toMatchObject({ state: 'succeeded', changedCount: 3 })
  })

  test('the sweep wakes the operation when its message is lost too', async () => {
    const world = engineWorld()
    await createTasks(world, 1)
    await startOperation(world)
    await expect(runPage(world, failingAt(world, 'agenda', 1))).rejects.toThrow('the worker died')
    world.advance(300_000)
    await sweep(world, APP)
    expect(world.sent.map(({ nudge }) => nudge)).toContainEqual(
      expect.objectContaining({ kind: 'operation', id: 'op1', epoch: 1 }),
    )
  })
})

test('two workers with the same message command each task once', async () => {
  const world = engineWorld()
  const ids = await createTasks(world, 20)
  await startOperation(world)
  const answers = await Promise.all([runPage(world), runPage(world)])
  expect(answers.filter((answer) => answer === undefined)).toHaveLength(1)
  for (const id of ids) expect((await rowOf(world, id)).version).toBe(2)
  expect(await operation(world)).toMatchObject({ changedCount: 20, matchedCount: 20 })
})

test('an abort in the middle of a page ends the bulk operation after that page', async () => {
  const world = engineWorld()
  const ids = await createTasks(world, 150)
  await startOperation(world)
  await expect(runPage(world, failingAt(world, 'put', 50))).rejects.toThrow('the worker died')
  const abort = { name: 'abort', at: world.now, by: 'user:bob', retentionMs: 1 } as const
  await apply(world, KEY, () => abort)
  world.advance(CONTROL_LANE.leaseMs)
  await runPage(world)
  expect(await operation(world)).toMatchObject({ state: 'aborted', changedCount: 100, abort: { by: 'user:bob' } })
  expect(await countHeld(world, ids)).toBe(100)
})
