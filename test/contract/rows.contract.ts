import { describe, expect, test } from 'vitest'
import { tenantKey } from '../../core/tenant/row.ts'
import { aTask, aTenant, NOON, next } from './rows.ts'
import type { Bench } from './store.contract.ts'

/** The two verbs, reads of several, and the documents beside the rows. */
export const rowsContract = ({ store, eventually, newTenant, seed }: Bench): void => {
  describe('rows', () => {
    test('a row comes back as it was put', async () => {
      const tenant = newTenant()
      const row = aTask(tenant, 'a', { tags: ['x', 'ümläut ✓'], error: { code: 'E', message: 'no\n"way"', retriable: true } })
      await seed(row)
      expect(await store().get(row)).toEqual(row)
    })

    test('a row that is not there is undefined, and so is one of another tenant or kind', async () => {
      const row = aTask(newTenant(), 'a')
      await seed(row)
      expect(await store().get({ ...row, id: 'b' })).toBeUndefined()
      expect(await store().get({ ...row, tenant: newTenant() })).toBeUndefined()
      expect(await store().get({ kind: 'tenant', tenant: row.tenant, id: row.id })).toBeUndefined()
    })

    test('a put replaces the whole row, so a field that is left out is gone', async () => {
      const row = aTask(newTenant(), 'a', { tags: ['x'] })
      await seed(row)
      const { tags: _, ...rest } = next(row)
      expect(await store().put(rest, 1)).toEqual({ written: true })
      expect(await store().get(row)).toEqual(rest)
    })

    test('creating what exists writes nothing and answers the winner', async () => {
      const row = aTask(newTenant(), 'a')
      await seed(row)
      expect(await store().put({ ...row, createdBy: 'user:other' }, 0)).toEqual({ written: false, winner: row })
      expect(await store().get(row)).toEqual(row)
    })

    test('a put over an older version writes nothing and answers the winner', async () => {
      const first = aTask(newTenant(), 'a')
      const second = next(first)
      await seed(first)
      await store().put(second, 1)
      expect(await store().put(next(first, { createdBy: 'user:late' }), 1)).toEqual({ written: false, winner: second })
      expect(await store().get(first)).toEqual(second)
    })

    test('a put over a version that is not there yet writes nothing', async () => {
      const row = aTask(newTenant(), 'a')
      await seed(row)
      expect(await store().put({ ...row, version: 9 }, 8)).toEqual({ written: false, winner: row })
    })

    test('a put over a row that is not there answers that nobody won', async () => {
      const row = next(aTask(newTenant(), 'a'))
      expect(await store().put(row, 1)).toEqual({ written: false, winner: undefined })
      expect(await store().get(row)).toBeUndefined()
    })

    test('of many puts over one version exactly one is written', async () => {
      const row = aTask(newTenant(), 'a')
      await seed(row)
      const puts = await Promise.all(Array.from({ length: 8 }, (_, at) => store().put(next(row, { createdBy: `user:${at}` }), 1)))
      expect(puts.filter((put) => put.written)).toHaveLength(1)
      expect(await store().get(row)).toMatchObject({ version: 2, createdBy: `user:${puts.findIndex((put) => put.written)}` })
    })

    test.each([-1, NOON + 0.5, Number.NaN])('a row that is to stand at %d is refused: no index could hold it', async (at) => {
      const row = aTask(newTenant(), 'a')
      await expect(store().put({ ...row, notBefore: at }, 0)).rejects.toThrow(RangeError)
      await expect(store().put({ ...row, dueAt: at }, 0)).rejects.toThrow(RangeError)
      expect(await store().get(row)).toBeUndefined()
    })

    test('a tenant row is kept as well', async () => {
      const row = aTenant(newTenant())
      await seed(row)
      expect(await store().get(tenantKey(row.id))).toEqual(row)
    })

    test('several tasks come in the order asked for, without those that do not exist', async () => {
      const tenant = newTenant()
      const [a, b, c] = [aTask(tenant, 'a'), aTask(tenant, 'b'), aTask(tenant, 'c')]
      await seed(a, b, c)
      expect(await store().getTasks(tenant, ['c', 'nobody', 'a', 'b'])).toEqual([c, a, b])
      expect(await store().getTasks(tenant, [])).toEqual([])
      expect(await store().getTasks(newTenant(), ['a'])).toEqual([])
    })

    test('more tasks than one request of any store can carry come all the same', async () => {
      const tenant = newTenant()
      const rows = Array.from({ length: 130 }, (_, at) => aTask(tenant, `t${String(at).padStart(3, '0')}`))
      await Promise.all(rows.map((row) => store().put(row, 0)))
      const found = await store().getTasks(
        tenant,
        rows.map((row) => row.id),
      )
      expect(found.map((row) => row.id)).toEqual(rows.map((row) => row.id))
    })
  })

  describe('documents', () => {
    test('a document comes back as it was put, byte for byte', async () => {
      const tenant = newTenant()
      const text = JSON.stringify({ long: 'ü✓'.repeat(20_000) })
      await store().putDocument(tenant, 'a', 'd1', text)
      expect(await store().getDocument(tenant, 'a', 'd1')).toBe(text)
    })

    test('the same name again is no error, and what was put last stands', async () => {
      const tenant = newTenant()
      await store().putDocument(tenant, 'a', 'd1', 'first', NOON * 2)
      await store().putDocument(tenant, 'a', 'd1', 'second')
      expect(await store().getDocument(tenant, 'a', 'd1')).toBe('second')
    })

    test('a document belongs to one tenant, task and name', async () => {
      const tenant = newTenant()
      await store().putDocument(tenant, 'a', 'd1', 'text')
      expect(await store().getDocument(newTenant(), 'a', 'd1')).toBeUndefined()
      expect(await store().getDocument(tenant, 'b', 'd1')).toBeUndefined()
      expect(await store().getDocument(tenant, 'a', 'd2')).toBeUndefined()
    })

    test('a dropped document is gone, and dropping it again is no error', async () => {
      const tenant = newTenant()
      await store().putDocument(tenant, 'a', 'd1', 'text')
      await store().dropDocument(tenant, 'a', 'd1')
      await store().dropDocument(tenant, 'a', 'd1')
      expect(await store().getDocument(tenant, 'a', 'd1')).toBeUndefined()
    })

    test('a document is not a row, nor in any list', async () => {
      const tenant = newTenant()
      await store().putDocument(tenant, 'a', 'a', 'text')
      await seed(aTask(tenant, 'b'))
      await eventually(async () =>
        expect(await store().agenda({ tenant, order: 'earliest', limit: 10 })).toEqual([{ at: NOON, id: 'b' }]),
      )
      expect(await store().getTasks(tenant, ['a'])).toEqual([])
    })
  })
}
