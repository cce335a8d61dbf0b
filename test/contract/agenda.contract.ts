import { beforeAll, describe, expect, test } from 'vitest'
import { isFarSample } from '../../core/task/places.ts'
import type { AgendaQuery, Place } from '../../engine/world.ts'
import { pages } from './pages.ts'
import { aTask, NOON, next } from './rows.ts'
import type { Bench } from './store.contract.ts'

/** A tenant's tasks by nominal time: all of them, and those that need attention. */
export const agendaContract = ({ store, eventually, newTenant, seed }: Bench): void => {
  const agenda = (query: Omit<AgendaQuery, 'limit'>, limit: number): Promise<Place[]> =>
    pages<Place>(limit, (after) => store().agenda({ ...query, limit, ...(after ? { after } : {}) }))

  describe('the agenda', () => {
    const times = [0, 10, 10, 10, 20, 30, 30] as const
    const places = times.map((later, at) => ({ at: NOON + later, id: `t${at}` }))
    let tenant: string
    beforeAll(async () => {
      tenant = newTenant()
      // Put in another order than the agenda's, with another tenant's task at the same time.
      for (const { at, id } of places.toReversed()) await seed(aTask(tenant, id, { notBefore: at, dueAt: at }))
      await seed(aTask(newTenant(), 't1', { notBefore: NOON + 10, dueAt: NOON + 10 }))
    })
    const shows = (query: Omit<AgendaQuery, 'limit' | 'tenant'>, expected: readonly Place[], limit = 100) =>
      eventually(async () => expect(await agenda({ tenant, ...query }, limit)).toEqual(expected))

    test('earliest first is by time, then id', () => shows({ order: 'earliest' }, places))
    test('latest first is the exact reverse', () => shows({ order: 'latest' }, places.toReversed()))
    test.each([1, 2, 3, 7])('pages of %i omit nothing and repeat nothing', async (limit) => {
      await shows({ order: 'earliest' }, places, limit)
      await shows({ order: 'latest' }, places.toReversed(), limit)
    })
    test('`from` is included and `to` is not, in both orders', async () => {
      const span = { from: NOON + 10, to: NOON + 30 }
      await shows({ order: 'earliest', ...span }, places.slice(1, 5))
      await shows({ order: 'latest', ...span }, places.slice(1, 5).toReversed())
      await shows({ order: 'earliest', ...span }, places.slice(1, 5), 2)
      await shows({ order: 'latest', ...span }, places.slice(1, 5).toReversed(), 2)
    })
    test('`from` or `to` alone bounds one end', async () => {
      await shows({ order: 'latest', from: NOON + 20 }, places.slice(4).toReversed())
      await shows({ order: 'earliest', to: NOON + 10 }, places.slice(0, 1))
    })
    test('an empty range has no tasks', async () => {
      await shows({ order: 'earliest', from: NOON + 11, to: NOON + 20 }, [])
      await shows({ order: 'latest', from: NOON + 10, to: NOON + 10 }, [])
    })
    test('`after` need not exist, and may be outside the range', async () => {
      const query = { tenant, limit: 100 } as const
      const [from, to] = [NOON + 10, NOON + 30]
      const first = { at: NOON - 5, id: 'zzz' }
      const last = { at: NOON + 99, id: '0' }
      const between = { at: NOON + 10, id: 't1x' }
      await eventually(async () => {
        expect(await store().agenda({ ...query, order: 'earliest', after: between })).toEqual(places.slice(2))
        expect(await store().agenda({ ...query, order: 'latest', after: between })).toEqual(places.slice(0, 2).toReversed())
        expect(await store().agenda({ ...query, order: 'earliest', from, to, after: first })).toEqual(places.slice(1, 5))
        expect(await store().agenda({ ...query, order: 'latest', from, to, after: last })).toEqual(
          places.slice(1, 5).toReversed(),
        )
        expect(await store().agenda({ ...query, order: 'earliest', to, after: last })).toEqual([])
        expect(await store().agenda({ ...query, order: 'latest', from, after: first })).toEqual([])
      })
    })
    test('a rescheduled task moves, and a finished one stays', async () => {
      const own = newTenant()
      const [a, b] = [aTask(own, 'a'), aTask(own, 'b', { notBefore: NOON + 1, dueAt: NOON + 1 })]
      await seed(a, b)
      await store().put(next(a, { notBefore: NOON + 2, dueAt: NOON + 2 }), 1)
      await store().put(next(b, { state: 'succeeded', forgetAt: NOON * 2 }), 1)
      await eventually(async () =>
        expect(await agenda({ tenant: own, order: 'earliest' }, 10)).toEqual([
          { at: NOON + 1, id: 'b' },
          { at: NOON + 2, id: 'a' },
        ]),
      )
    })
  })

  test('the sample of far tasks has those that wait for a far time, until they start or end', async () => {
    const tenant = newTenant()
    const sampled = Array.from({ length: 10_000 }, (_, n) => `far${n}`).filter(isFarSample)
    const [first = '', second = '', third = ''] = sampled
    const later = { notBefore: 2 * NOON, dueAt: 2 * NOON }
    const { dueAt: _, ...pending } = aTask(tenant, second, { state: 'pending', notBefore: 2 * NOON })
    const row = aTask(tenant, first, later)
    await seed(row, pending, aTask(tenant, third), aTask(tenant, 'far0', later), aTask(newTenant(), first, later))
    const shows = (ids: readonly string[]) =>
      eventually(async () => {
        const places = await agenda({ tenant, order: 'earliest', attention: 'far' }, 1)
        expect(places).toEqual(ids.map((id) => ({ at: 2 * NOON, id })))
      })
    await shows([first, second].toSorted())
    await store().put(next(row, { state: 'running', lease: { owner: 'w', until: 2 * NOON + 1 } }), 1)
    await store().put(next(pending, { state: 'cancelled', forgetAt: 3 * NOON }), 1)
    await shows([])
  })

  describe('attention', () => {
    const reasons = ['failed', 'conflicted', 'waiting', 'expired'] as const
    test.each(reasons)('only %s tasks are listed, in both orders and by pages', async (attention) => {
      const tenant = newTenant()
      const ids = ['a', 'b', 'c', 'd', 'e']
      for (const [at, id] of ids.entries())
        await seed(aTask(tenant, id, { state: attention, notBefore: NOON + (at >> 1) }), aTask(tenant, `plain-${id}`))
      const other = reasons[(reasons.indexOf(attention) + 1) % 4] ?? 'failed'
      await seed(aTask(tenant, 'other', { state: other }), aTask(newTenant(), 'a', { state: attention }))
      const wanted = ids.map((id, at) => ({ at: NOON + (at >> 1), id }))
      await eventually(async () => {
        for (const limit of [2, 100]) {
          expect(await agenda({ tenant, order: 'earliest', attention }, limit)).toEqual(wanted)
          expect(await agenda({ tenant, order: 'latest', attention }, limit)).toEqual(wanted.toReversed())
          const span = { from: NOON + 1, to: NOON + 2 }
          expect(await agenda({ tenant, order: 'earliest', attention, ...span }, limit)).toEqual(wanted.slice(2, 4))
          expect(await agenda({ tenant, order: 'latest', attention, ...span }, limit)).toEqual(wanted.slice(2, 4).toReversed())
        }
      })
    })

    test('a redriven task leaves the attention list and stays on the agenda', async () => {
      const tenant = newTenant()
      const row = aTask(tenant, 'a', { state: 'failed' })
      await seed(row)
      await store().put(next(row, { state: 'scheduled' }), 1)
      await eventually(async () => {
        expect(await agenda({ tenant, order: 'latest', attention: 'failed' }, 10)).toEqual([])
        expect(await agenda({ tenant, order: 'latest' }, 10)).toEqual([{ at: NOON, id: 'a' }])
      })
    })
  })
}
