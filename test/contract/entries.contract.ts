import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import type { Entry, EntryQuery, ListKey } from '../../engine/world.ts'
import { pages } from './pages.ts'
import { aTask, NOON } from './rows.ts'
import type { Bench } from './store.contract.ts'

/** Ordered lists of entries. Reads are consistent: an entry is visible as soon as it is put. */
export const entriesContract = ({ store, eventually, newTenant, seed }: Bench): void => {
  const line = (tenant: string, id = 'a'): ListKey => ({ list: 'waitlist', tenant, id })
  const all = (list: ListKey, query: Partial<EntryQuery> = {}) => store().entries(list, { limit: 100, ...query })
  const placesOf = (entries: readonly Entry[]) => entries.map(({ at }) => at)
  const fill = async (list: ListKey, places: readonly string[]) => {
    for (const at of places) await store().putEntry(list, { at, value: at })
  }

  describe('entries', () => {
    test.each([
      ['a text', 'no\n"way" ü✓'],
      ['a number that only JSON keeps', 1e300],
      ['nothing', null],
      ['names and lists', { '': [{ deep: [true, 0.1, ''] }], weight: 3 }],
    ])('come back as they were put: %s', async (_, value) => {
      const list = line(newTenant())
      await store().putEntry(list, { at: 'x', value })
      expect(await all(list)).toEqual([{ at: 'x', value }])
    })

    test('putting a place again replaces the entry', async () => {
      const list = line(newTenant())
      await store().putEntry(list, { at: 'x', value: 1 }, NOON * 2)
      await store().putEntry(list, { at: 'x', value: { now: 2 } })
      expect(await all(list)).toEqual([{ at: 'x', value: { now: 2 } }])
    })

    test('a dropped entry is removed, and dropping it again is no error', async () => {
      const list = line(newTenant())
      await fill(list, ['x', 'y'])
      await store().dropEntry(list, 'x')
      await store().dropEntry(list, 'x')
      expect(placesOf(await all(list))).toEqual(['y'])
    })

    test('a list belongs to one row of one tenant, and has one purpose', async () => {
      const [tenant, other] = [newTenant(), newTenant()]
      await fill(line(tenant), ['x'])
      for (const list of [line(other), line(tenant, 'b'), line(tenant, 'a.'), { ...line(tenant), list: 'results' as const }])
        expect(await all(list)).toEqual([])
    })

    test.each(['erp', 'ERP.v2', 'a_b', 'mail:eu-west', 'x'.repeat(200)])('%s can be the id of a list', async (id) => {
      const list = line(newTenant(), id)
      await fill(list, ['x'])
      expect(placesOf(await all(list))).toEqual(['x'])
    })

    test.each(['', 'x'.repeat(LIMITS.entryPlaceBytes + 1)])('a place that no key can hold is refused (%#)', async (at) => {
      const list = line(newTenant())
      await expect(store().putEntry(list, { at, value: 1 })).rejects.toThrow()
      await expect(store().dropEntry(list, at)).rejects.toThrow()
      await fill(list, ['x'.repeat(LIMITS.entryPlaceBytes)])
      expect(await all(list)).toHaveLength(1)
    })
  })

  describe('the order of entries', () => {
    // In byte order: symbols, digits, capitals, symbols, small letters, then characters beyond ASCII.
    const places = ['-', '.', '0', '00', '0001', '1', '10', '2', 'Z', '_', 'a', 'a.1', 'aa', 'ü', '￿', '\u{1F600}']
    const shuffled = places.toSorted((a, b) => a.length - b.length || (a < b ? 1 : -1))

    test('is the byte order of their places, in both directions, whatever the order of puts', async () => {
      const list = line(newTenant())
      await fill(list, shuffled)
      expect(placesOf(await all(list))).toEqual(places)
      expect(placesOf(await all(list, { order: 'latest' }))).toEqual(places.toReversed())
    })

    test.each([1, 2, 5, 16])('pages of %i omit nothing and repeat nothing', async (limit) => {
      const list = line(newTenant())
      await fill(list, shuffled)
      for (const order of ['earliest', 'latest'] as const) {
        const found = await pages<Entry>(limit, (last) => all(list, { order, limit, ...(last ? { after: last.at } : {}) }))
        expect(placesOf(found)).toEqual(order === 'earliest' ? places : places.toReversed())
      }
    })

    test('`after` need not exist, and may be beyond both ends', async () => {
      const list = line(newTenant())
      await fill(list, ['b', 'd'])
      const beyond = async (after: string, order: 'earliest' | 'latest') => placesOf(await all(list, { after, order }))
      expect([await beyond('a', 'earliest'), await beyond('c', 'earliest'), await beyond('e', 'earliest')]).toEqual([
        ['b', 'd'],
        ['d'],
        [],
      ])
      expect([await beyond('a', 'latest'), await beyond('c', 'latest'), await beyond('e', 'latest')]).toEqual([
        [],
        ['b'],
        ['d', 'b'],
      ])
    })

    test('a limit of 0 returns no entries', async () => {
      const list = line(newTenant())
      await fill(list, ['x'])
      expect(await all(list, { limit: 0 })).toEqual([])
    })

    test('more entries than fit in one page of DynamoDB are returned', async () => {
      const list = line(newTenant())
      const value = 'x'.repeat(200_000)
      for (let at = 0; at < 12; at++) await store().putEntry(list, { at: String(at).padStart(2, '0'), value })
      const found = await all(list)
      expect(placesOf(found)).toEqual(Array.from({ length: 12 }, (_, at) => String(at).padStart(2, '0')))
      expect(found.every((entry) => entry.value === value)).toBe(true)
    })
  })

  test('entries are not rows, not documents, and in no other list', async () => {
    const tenant = newTenant()
    await fill(line(tenant), ['.', 'x'])
    await seed(aTask(tenant, 'b'))
    expect(await store().get({ kind: 'task', tenant, id: 'a' })).toBeUndefined()
    expect(await store().getTasks(tenant, ['a', 'x'])).toEqual([])
    expect(await store().getDocument(tenant, 'a', 'x')).toBeUndefined()
    await eventually(async () =>
      expect(await store().agenda({ tenant, order: 'earliest', limit: 10 })).toEqual([{ at: NOON, id: 'b' }]),
    )
  })
}
