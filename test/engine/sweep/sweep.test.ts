import { describe, expect, test } from 'vitest'
import { DEFAULT_LANES, lane } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import { isRefusal } from '../../../core/refusal.ts'
import { decideTask } from '../../../core/task/decide.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { type TenantRow, tenantKey } from '../../../core/tenant/row.ts'
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

  test('reads each settled part of the agenda once, and reads unsettled tasks again', async () => {
    const world = engineWorld()
    await given(world, 'open')
    await given(world, 'done')
    await apply(world, keyOf('done'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
    world.advance(3 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ examined: 2 })
    await apply(world, keyOf('open'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
    world.advance(5 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ examined: 1 })
    world.advance(5 * MINUTE)
    expect(await sweep(world, appOf())).toMatchObject({ examined: 0 })
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
      sweep({ ...world, queue: { send } }, { ...appOf(), lanes: { ...DEFAULT_LANES, gone: lane('gone', 60_000) } }),
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
    const burst = LIMITS.sweepPageCount * LIMITS.sweepPagesCount
    for (let index = 1; index <= burst; index++) await world.store.put(rowAt(`burst${index}`, at), 0)
    world.advance(1)
    await given(world, 'lost')
    world.advance(3 * MINUTE)
    await sweep(world, appOf())
    world.advance(5 * MINUTE)
    await sweep(world, appOf())
    expect(world.sent.map(({ nudge }) => nudge.id)).toContain('lost')
  })

  test.each([1, 2.5])('the mark passes a burst of %f times the bound of one sweep', async (times) => {
    const world = engineWorld()
    const at = world.now
    await given(world, 'first')
    await apply(world, keyOf('first'), () => ({ name: 'cancel', at, by: 'user:a', retentionMs: 1 }))
    const burst = LIMITS.sweepPageCount * LIMITS.sweepPagesCount * times - 1
    for (let index = 0; index < burst; index++) await world.store.put(settled(`burst${index}`, at), 0)
    for (let round = 0; round < Math.ceil(times) + 1; round++) {
      world.advance(5 * MINUTE)
      await sweep(world, appOf())
    }
    const tenant = await world.store.get(tenantKey('acme'))
    expect(tenant).not.toHaveProperty('reached')
    expect(tenant).toMatchObject({ swept: { at: expect.any(Number) } })
    expect((tenant as TenantRow).swept.at).toBeGreaterThanOrEqual(at)
    await given(world, 'lost')
    world.advance(5 * MINUTE)
    await sweep(world, appOf())
    expect(world.sent.map(({ nudge }) => nudge.id)).toEqual(['lost'])
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
