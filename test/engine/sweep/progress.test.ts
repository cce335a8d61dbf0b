import { expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { SWEEP_KEY, type SweepRow } from '../../../core/sweep/row.ts'
import { tenantKey } from '../../../core/tenant/row.ts'
import { apply, openTenant } from '../../../engine/apply.ts'
import { sweep } from '../../../engine/sweep/sweep.ts'
import type { World } from '../../../engine/world.ts'
import { create } from '../../core/task/rows.ts'
import { appOf, type EngineWorld, engineWorld } from '../world.ts'

const MINUTE = 60_000

const createOf = async (world: EngineWorld, tenant: string, id: string, notBefore = world.now) => {
  await openTenant(world, tenant, 'user:test')
  await apply(world, { kind: 'task', tenant, id }, () => create({ at: world.now, notBefore }), 'none')
}
const progress = async (world: EngineWorld) => (await world.store.get(SWEEP_KEY)) as SweepRow
const lags = (world: EngineWorld) => world.metered.flatMap(({ metric, value }) => (metric === 'SweepLag' ? [value] : []))
const names = (count: number) => Array.from({ length: count }, (_, index) => `tenant${String(index).padStart(3, '0')}`)

/** A store in which each request takes this long. */
const slowed = (world: EngineWorld, verb: 'agenda' | 'watched', ms: number): World => ({
  ...world,
  store: {
    ...world.store,
    [verb]: async (...args: [never]) => {
      world.advance(ms)
      return world.store[verb](...args)
    },
  },
})

test('a sweep that runs out of time visits the other tenants next, so each is visited in turn', async () => {
  const world = engineWorld()
  for (const tenant of names(60)) await createOf(world, tenant, `t-${tenant}`)
  world.advance(3 * MINUTE)
  // Sixteen visits at a time, and each takes ten seconds of the clock: eighteen fit.
  const slow = slowed(world, 'agenda', 10_000)
  const visited: number[] = []
  for (let round = 0; round < 4; round++) {
    await sweep(slow, appOf())
    visited.push(new Set(world.sent.map(({ nudge }) => nudge.tenant)).size)
    world.advance(5 * MINUTE)
  }
  expect(visited[0]).toBeLessThan(40)
  expect(visited.at(-1)).toBe(60)
  // The lag of the tenants that were not visited is reported.
  expect(Math.max(...lags(world))).toBeGreaterThan(5 * MINUTE)
})

test('a sweep that dies leaves its progress over the tenants, and the next one begins behind it', async () => {
  const world = engineWorld()
  for (const tenant of names(60)) await createOf(world, tenant, `t-${tenant}`)
  world.advance(3 * MINUTE)
  let visits = 0
  const agenda: World['store']['agenda'] = async (query) => {
    if (++visits > 40) return new Promise(() => {})
    world.advance(2_000)
    return world.store.agenda(query)
  }
  void sweep({ ...world, store: { ...world.store, agenda } }, appOf())
  while (visits <= 40) await new Promise((resolve) => setImmediate(resolve))
  for (let turn = 0; turn < 100; turn++) await new Promise((resolve) => setImmediate(resolve))
  const { visited = '' } = await progress(world)
  expect(visited >= 'tenant009').toBe(true)
  const first: string[] = []
  const seeing: World['store']['agenda'] = async (query) => {
    first.push(query.tenant)
    return world.store.agenda(query)
  }
  await sweep({ ...world, store: { ...world.store, agenda: seeing } }, appOf())
  expect(first[0]).toBe(names(60).find((name) => name > visited))
})

test('a tenant with more work than one visit continues after the others, and its mark is where it stopped', async () => {
  const world = engineWorld()
  const at = world.now
  await openTenant(world, 'big', 'user:test')
  for (let index = 0; index < 3 * LIMITS.sweepPageCount; index++)
    await createOf(world, 'big', `b${String(index).padStart(5, '0')}`)
  await createOf(world, 'small', 's')
  world.advance(3 * MINUTE)
  const order: string[] = []
  const agenda: World['store']['agenda'] = async (query) => {
    order.push(query.tenant)
    world.advance(LIMITS.sweepVisitMs)
    return world.store.agenda(query)
  }
  await sweep({ ...world, store: { ...world.store, agenda } }, appOf())
  expect(order.indexOf('small')).toBeLessThan(order.lastIndexOf('big'))
  expect(await world.store.get(tenantKey('big'))).toMatchObject({ swept: { at: expect.any(Number) } })
  expect(order.filter((tenant) => tenant === 'big').length).toBe(4)
  expect(at).toBeLessThan(world.now)
}, 60_000)

test('a walk over the watch that runs out of time continues in the next sweep with the same moments', async () => {
  const world = engineWorld()
  const count = 2 * LIMITS.sweepPageCount + 10
  for (let index = 0; index < count; index++) await createOf(world, 'acme', `f${index}`, world.now + 20 * MINUTE + index)
  world.advance(24 * MINUTE)
  await sweep(slowed(world, 'watched', LIMITS.sweepWorkMs), appOf())
  expect(await progress(world)).toMatchObject({ to: expect.any(Number), after: { kind: 'task' } })
  expect(lags(world).at(-1)).toBeGreaterThan(2 * MINUTE)
  const seen = new Set(world.sent.map(({ nudge }) => nudge.id))
  await sweep(world, appOf())
  expect(await progress(world)).not.toHaveProperty('after')
  for (const { nudge } of world.sent) seen.add(nudge.id)
  expect(seen.size).toBe(count)
}, 60_000)

test('moments whose rows could not be woken are taken once more by the next sweep, and then not again', async () => {
  const world = engineWorld()
  await createOf(world, 'acme', 'far', world.now + 20 * MINUTE)
  world.advance(19 * MINUTE)
  await sweep(world, appOf())
  world.advance(3.5 * MINUTE)
  const send: World['queue']['send'] = async () => {
    throw new Error('the queue is unavailable')
  }
  await expect(sweep({ ...world, queue: { ...world.queue, send } }, appOf())).rejects.toThrow('parts of the sweep failed')
  world.advance(MINUTE / 2)
  await sweep(world, appOf())
  expect(world.sent.map(({ nudge }) => nudge.id)).toEqual(['far'])
  world.advance(MINUTE / 2)
  await sweep(world, appOf())
  expect(world.sent).toHaveLength(1)
  // The moment at 4 minutes is the next one.
  world.advance(MINUTE)
  await sweep(world, appOf())
  expect(world.sent).toHaveLength(2)
})
