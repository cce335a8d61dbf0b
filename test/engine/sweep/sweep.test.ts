import { describe, expect, test } from 'vitest'
import { DEFAULT_LANES, lane } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { decideTask } from '../../../core/task/decide.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { apply } from '../../../engine/apply.ts'
import { sweep } from '../../../engine/sweep/sweep.ts'
import type { World } from '../../../engine/world.ts'
import { create, POLICY } from '../../core/task/rows.ts'
import { appOf, engineWorld, given, keyOf, rowOf } from '../world.ts'

const MINUTE = 60_000

/** The row of a task that was cancelled at once. */
const settled = (id: string, at: number): TaskRow => {
  const row = decideTask(keyOf(id), undefined, create({ at, notBefore: at }))
  if (isRefusal(row)) throw new Error(row.message)
  const { dueAt: _, ...rest } = row
  return { ...rest, state: 'cancelled' }
}

describe('the sweep', () => {
  test('repairs nothing in a healthy system', async () => {
    const world = engineWorld()
    await given(world, 't1', { notBefore: world.now + 60 * MINUTE })
    await given(world, 't2')
    world.advance(MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 0 })
  })

  test('wakes a task whose message was lost', async () => {
    const world = engineWorld()
    await given(world, 't1')
    world.advance(3 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 1 })
    expect(world.sent).toMatchObject([{ delayMs: 0, nudge: { id: 't1', epoch: 1 } }])
    expect(world.metered).toContainEqual({ metric: 'SweepRepairs', value: 1 })
  })

  test('wakes tasks after a lost timer, a lost retry, and a lost worker', async () => {
    const world = engineWorld()
    await given(world, 'far', { notBefore: world.now + 20 * MINUTE })
    const claim = (id: string) =>
      apply(world, keyOf(id), () => ({ name: 'claim', at: world.now, by: 'w', epoch: 1, owner: 'w', leaseMs: MINUTE }))
    await given(world, 'retried')
    await claim('retried')
    const error = { code: 'B', message: 'b', retriable: true }
    const dueAt = world.now + 20 * MINUTE
    await apply(world, keyOf('retried'), () => ({
      name: 'retry',
      at: world.now,
      by: 'w',
      claim: { epoch: 1, attempt: 1 },
      error,
      dueAt,
    }))
    world.advance(20 * MINUTE)
    await given(world, 'lost')
    await claim('lost')
    world.advance(3 * MINUTE + 1)
    expect(await sweep(world, appOf())).toMatchObject({ repaired: 3 })
    expect(world.sent.map(({ nudge }) => nudge.id).sort()).toEqual(['far', 'lost', 'retried'])
  })

  test('passes each place of the agenda once; the watch leads it to the unsettled tasks', async () => {
    const world = engineWorld()
    await given(world, 'open')
    await given(world, 'done')
    await apply(world, keyOf('done'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
    world.advance(3 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ examined: 2, repaired: 1 })
    expect(await rowOf(world, 'open')).toMatchObject({ watched: true, epoch: 1 })
    world.advance(5 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ examined: 1, repaired: 1 })
    await apply(world, keyOf('open'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
    world.advance(5 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ examined: 0, repaired: 0 })
  })

  test('a healthy task costs a read and no write; only an unsettled one is written, once', async () => {
    const world = engineWorld()
    await given(world, 'open')
    for (let index = 0; index < 100; index++) await world.store.put(settled(`s${index}`, world.now), 0)
    world.advance(3 * MINUTE)
    const puts: string[] = []
    const put: World['store']['put'] = async (row, expected) => {
      puts.push(`${row.kind} ${row.id}`)
      return world.store.put(row, expected)
    }
    await sweep({ ...world, store: { ...world.store, put } }, appOf())
    expect(puts.sort()).toEqual(['sweep progress', 'task open', 'tenant acme'])
  })

  test('finds a far task whose worker and message are lost after the walk has passed it', async () => {
    const world = engineWorld()
    const dueAt = world.now + 60 * MINUTE
    await given(world, 'far', { notBefore: dueAt })
    world.advance(63 * MINUTE)
    await sweep(world, appOf())
    await apply(world, keyOf('far'), () => ({ name: 'claim', at: world.now, by: 'w', epoch: 1, owner: 'w', leaseMs: MINUTE }))
    world.sent.length = 0
    world.advance(4 * MINUTE)
    await sweep(world, appOf())
    expect(world.sent).toMatchObject([{ nudge: { id: 'far' } }])
  })

  test('wakes a far task whose message was lost once in each sweep that has a moment, not twice', async () => {
    const world = engineWorld()
    await given(world, 'far', { notBefore: world.now + 60 * MINUTE })
    world.advance(63 * MINUTE)
    await sweep(world, appOf())
    expect(world.sent).toHaveLength(1)
    await sweep(world, appOf())
    expect(world.sent).toHaveLength(1)
    // The moment at 4 minutes is the next one.
    world.advance(0.5 * MINUTE)
    await sweep(world, appOf())
    expect(world.sent).toHaveLength(1)
    world.advance(MINUTE)
    await sweep(world, appOf())
    expect(world.sent).toHaveLength(2)
  })

  test('a row that cannot be woken does not stop the others, and the sweep throws at its end', async () => {
    const world = engineWorld()
    await given(world, 'bad', { policy: { ...POLICY, lane: 'gone' } })
    await given(world, 'good')
    world.advance(3 * MINUTE)
    const send: World['queue']['send'] = async (nudge, delayMs) => {
      if (nudge.lane === 'gone') throw new Error('lane gone has no queue')
      await world.queue.send(nudge, delayMs)
    }
    await expect(
      sweep(
        { ...world, queue: { ...world.queue, send } },
        { ...appOf(), lanes: { ...DEFAULT_LANES, gone: lane('gone', 60_000) } },
      ),
    ).rejects.toThrow('1 parts of the sweep failed')
    expect(world.sent.map(({ nudge }) => nudge.id)).toEqual(['good'])
  })

  test.each([
    ['a burst of settled tasks', (id: string, at: number) => settled(id, at)],
    [
      'a burst of unsettled tasks',
      (id: string, at: number) => ({
        ...settled(id, at),
        state: 'running' as const,
        dueAt: at,
        lease: { owner: 'w', until: at + 100 * MINUTE },
      }),
    ],
  ])('%s at one instant hides no later task', async (_, rowAt) => {
    const world = engineWorld()
    const at = world.now
    await given(world, 'burst0')
    for (let index = 1; index <= 2 * LIMITS.sweepPageCount; index++) await world.store.put(rowAt(`burst${index}`, at), 0)
    world.advance(1)
    await given(world, 'lost')
    world.advance(3 * MINUTE)
    await sweep(world, appOf())
    expect(world.sent.map(({ nudge }) => nudge.id)).toContain('lost')
  })

  test('a task that cannot be put on the watch is not passed, and the next sweep finds it and those behind it', async () => {
    const world = engineWorld()
    for (const id of ['first', 'second', 'third']) {
      world.advance(1)
      await given(world, id)
    }
    world.advance(3 * MINUTE)
    const put: World['store']['put'] = async (row, expected) => {
      if (row.id === 'second') throw new Error('throttled')
      return world.store.put(row, expected)
    }
    await expect(sweep({ ...world, store: { ...world.store, put } }, appOf())).rejects.toThrow('1 parts of the sweep failed')
    world.sent.length = 0
    world.advance(5 * MINUTE)
    await sweep(world, appOf())
    expect(world.sent.map(({ nudge }) => nudge.id)).toContain('second')
    expect(await rowOf(world, 'second')).toHaveProperty('watched')
  })

  test('a task of an undeployed lane is handled like a dead letter in each state', async () => {
    const world = engineWorld()
    const policy = { ...POLICY, lane: 'gone' }
    await given(world, 'due', { policy })
    await given(world, 'held', { policy, ready: false, expiresAt: world.now + MINUTE })
    await given(world, 'running', { policy })
    await apply(world, keyOf('running'), () => ({ name: 'claim', at: world.now, by: 'w', epoch: 1, owner: 'w', leaseMs: MINUTE }))
    world.advance(5 * MINUTE)
    await sweep(world, appOf())
    expect(await rowOf(world, 'due')).toMatchObject({ state: 'scheduled', redeliveries: 1 })
    expect(await rowOf(world, 'held')).toMatchObject({ state: 'expired' })
    expect(await rowOf(world, 'running')).toMatchObject({ state: 'scheduled', losses: 1 })
    expect(world.sent).toEqual([])
    for (let round = 0; round < 288; round++) {
      world.advance(5 * MINUTE)
      await sweep(world, appOf())
    }
    expect(await rowOf(world, 'due')).toMatchObject({ state: 'failed', error: { code: 'UnknownLane' } })
  })
})
