import { describe, expect, test } from 'vitest'
import type { WatchPlace } from '../../engine/world.ts'
import { pages } from './pages.ts'
import { aGate, aTask, aTenant, NOON, next } from './rows.ts'
import type { Bench } from './store.contract.ts'

/** The lists that the sweep reads: watched wake-ups of all tenants, and the tenants. */
export const watchContract = ({ store, eventually, newTenant, seed }: Bench): void => {
  describe('watched wake-ups', () => {
    // A watched time differs from the nominal one: here it is a retry's. It is years before all others, so no other test's rows are read.
    const early = 1_000_000_000_000
    const watched = (until: number, limit: number): Promise<WatchPlace[]> =>
      pages<WatchPlace>(limit, (after) => store().watched({ until, limit, ...(after ? { after } : {}) }))
    const sorted = (places: readonly WatchPlace[]) =>
      places.toSorted((a, b) => a.at - b.at || `${a.tenant}/${a.id}`.localeCompare(`${b.tenant}/${b.id}`))

    test('those of all tenants before `until` are listed earliest first, and pages omit and repeat nothing', async () => {
      const [one, two] = [newTenant(), newTenant()]
      const expected: WatchPlace[] = []
      for (const tenant of [one, two]) {
        for (const [at, id] of ['a', 'b', 'c', 'd'].entries()) {
          const place = { at: early + (at >> 1), kind: 'task' as const, tenant, id }
          await seed(aTask(tenant, id, { dueAt: place.at }))
          expected.push(place)
        }
        await seed(aTask(tenant, 'plain'), aTask(tenant, 'at-until', { dueAt: early + 2 }))
      }
      await eventually(async () => {
        for (const limit of [1, 3, 8, 100]) {
          const found = await watched(early + 2, limit)
          expect(found.map((place) => place.at)).toEqual(sorted(expected).map((place) => place.at))
          expect(sorted(found)).toEqual(sorted(expected))
        }
      })
    })

    test('a row without a wake-up is no longer watched', async () => {
      const tenant = newTenant()
      const row = aTask(tenant, 'a', { dueAt: early - 100 })
      await seed(row)
      await eventually(async () =>
        expect(await watched(early - 99, 10)).toEqual([{ at: early - 100, kind: 'task', tenant, id: 'a' }]),
      )
      const { dueAt: _, ...rest } = next(row, { state: 'succeeded' })
      await store().put(rest, 1)
      await eventually(async () => expect(await watched(early - 99, 10)).toEqual([]))
    })
  })

  describe('rows of other kinds', () => {
    const long = 900_000_000_000
    const watchedAt = (at: number) =>
      store().watched({ until: at + 1, after: { at, kind: 'gate', tenant: '0', id: '0' }, limit: 10 })

    test('with a wake-up are watched with their kind, and are on no agenda', async () => {
      const tenant = newTenant()
      const gate = aGate(tenant, 'key.erp:eu', { dueAt: long })
      await seed(gate, aTask(tenant, 'a', { dueAt: long }), aGate(tenant, 'idle'))
      expect(await store().get(gate)).toEqual(gate)
      await eventually(async () => {
        expect(await watchedAt(long)).toEqual([
          { at: long, kind: 'task', tenant, id: 'a' },
          { at: long, kind: 'gate', tenant, id: 'key.erp:eu' },
        ])
        expect(await store().agenda({ tenant, order: 'earliest', limit: 10 })).toEqual([{ at: NOON, id: 'a' }])
      })
      const { dueAt: _, ...rest } = next(gate)
      await store().put(rest, 1)
      await eventually(async () => expect(await watchedAt(long)).toEqual([{ at: long, kind: 'task', tenant, id: 'a' }]))
    })

    test('with the same id and time are both listed, also on separate pages', async () => {
      const tenant = newTenant()
      await seed(aGate(tenant, 'a', { dueAt: long + 10 }), aTask(tenant, 'a', { dueAt: long + 10 }))
      await eventually(async () => {
        const found = await pages<WatchPlace>(1, (after) =>
          store().watched({ until: long + 11, limit: 1, after: after ?? { at: long + 10, kind: 'gate', tenant: '0', id: '0' } }),
        )
        expect(found.map(({ kind }) => kind)).toEqual(['gate', 'task'])
      })
    })

    test('a read can start just before an instant: a place with empty tenant and id is before all others there', async () => {
      const tenant = newTenant()
      const at = long + 20
      await seed(aTask(tenant, 'before', { dueAt: at - 1 }), aTask(tenant, 'a', { dueAt: at }))
      const after = { at, kind: 'task', tenant: '', id: '' } as const
      await eventually(async () =>
        expect(await store().watched({ until: at + 1, after, limit: 10 })).toEqual([{ at, kind: 'task', tenant, id: 'a' }]),
      )
    })
  })

  test('the visited tenants are listed by name, by pages; an idle one is not', async () => {
    const names = ['zz-1', 'zz-10', 'zz-2', 'zz-a', 'zz-b']
    await seed(...names.toReversed().map(aTenant))
    const { visitedUntil: _, ...idle } = aTenant('zz-0')
    await seed(idle, aTenant('zz-c'))
    await store().put({ ...idle, ...aTenant('zz-c'), version: 2, visitedUntil: NOON + 1 }, 1)
    const { visitedUntil: __, ...ended } = { ...aTenant('zz-c'), version: 3 }
    await store().put(ended, 2)
    for (const limit of [1, 2, 100]) {
      await eventually(async () => {
        const found = await pages(limit, (last?: { id: string }) => store().tenants({ after: last?.id ?? 'zz', limit }))
        expect(found).toEqual(names.map(aTenant))
      })
    }
    await eventually(async () => expect((await store().tenants({ limit: 1_000 })).map((row) => row.id)).toContain('zz-a'))
  })
}
