import { expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal } from '../../core/refusal.ts'
import type { TaskCommand } from '../../core/task/command.ts'
import { apply } from '../../engine/apply.ts'
import type { Store } from '../../engine/world.ts'
import { engineWorld, given, keyOf, rowOf } from './world.ts'

const hold = (at: number): TaskCommand => ({ name: 'hold', at, by: 'user:a' })

test('a command is decided on the current row and committed', async () => {
  const world = engineWorld()
  const before = await given(world, 't1')
  const applied = await apply(world, keyOf('t1'), () => hold(world.now))
  expect(applied).toMatchObject({ before, after: { state: 'pending', version: 2 } })
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'pending', version: 2 })
})

test('a refusal commits nothing', async () => {
  const world = engineWorld()
  await given(world, 't1')
  expect(await apply(world, keyOf('t1'), () => ({ name: 'redrive', at: world.now, by: 'user:a' }))).toMatchObject({
    refused: 'notAllowed',
  })
  expect(await rowOf(world, 't1')).toMatchObject({ version: 1 })
})

test('after a lost race the command is decided again on the row that won', async () => {
  const world = engineWorld()
  const stale = await given(world, 't1')
  await apply(world, keyOf('t1'), () => hold(world.now))
  const seen: string[] = []
  const applied = await apply(
    world,
    keyOf('t1'),
    (row) => {
      seen.push(row?.state ?? 'none')
      return { name: 'cancel', at: world.now, by: 'user:b', retentionMs: 1 }
    },
    stale,
  )
  expect(seen).toEqual(['scheduled', 'pending'])
  expect(applied).toMatchObject({ after: { state: 'cancelled', version: 3 } })
})

test('a write that is repeated after a lost answer counts as written', async () => {
  const world = engineWorld()
  await given(world, 't1')
  // A client library does this after a lost answer: it repeats the write and finds its own row.
  const twice: Store['put'] = async (row, expected) => {
    await world.store.put(row, expected)
    return world.store.put(row, expected)
  }
  const applied = await apply({ ...world, store: { ...world.store, put: twice } }, keyOf('t1'), () => hold(world.now))
  expect(isRefusal(applied)).toBe(false)
  expect(await rowOf(world, 't1')).toMatchObject({ version: 2 })
})

test('apply throws after a bounded number of lost races', async () => {
  const world = engineWorld()
  const row = await given(world, 't1')
  let tries = 0
  const always: Store['put'] = async () => {
    tries++
    return { written: false, winner: { ...row, version: tries + 5 } }
  }
  await expect(apply({ ...world, store: { ...world.store, put: always } }, keyOf('t1'), () => hold(world.now))).rejects.toThrow(
    /try again/,
  )
  expect(tries).toBe(LIMITS.applyCount)
})

test('each transition writes one log line', async () => {
  const world = engineWorld()
  const row = await given(world, 't1')
  await apply(world, keyOf('t1'), () => ({
    name: 'claim',
    at: world.now + 40,
    by: 'w',
    epoch: row.epoch,
    owner: 'w',
    leaseMs: 1_000,
  }))
  expect(world.lines.map(({ message }) => message)).toEqual(['task.created', 'task.started'])
  expect(world.lines[1]?.fields).toMatchObject({ tenant: 'acme', taskId: 't1', attempt: 1, latenessMs: 40 })
  expect(world.metered).toContainEqual({ metric: 'StartLateness', value: 40 })
})
