import { describe, expect, test } from 'vitest'
import { tenantKey } from '../../core/tenant/row.ts'
import { aTask, aTenant, NOON, next } from './rows.ts'
import type { Bench } from './store.contract.ts'

/** Reads and writes of rows, reads of several tasks, and documents. */
export const rowsContract = ({ store, eventually, newTenant, seed }: Bench): void => {
  describe('rows', () => {
    test('a row is read as it was put', async () => {
      const tenant = newTenant()
      const row = aTask(tenant, 'a', { tags: ['x', 'ümläut ✓'], error: { code: 'E', message: 'no\n"way"', retriable: true } })
      await seed(row)
      expect(await store().get(row)).toEqual(row)
    })

    test('a missing row is undefined, also with the same id under another tenant or kind', async () => {
      const row = aTask(newTenant(), 'a')
      await seed(row)
      expect(await store().get({ ...row, id: 'b' })).toBeUndefined()
      expect(await store().get({ ...row, tenant: newTenant() })).toBeUndefined()
      expect(await store().get({ kind: 'tenant', tenant: row.tenant, id: row.id })).toBeUndefined()
    })

    test('a put replaces the whole row, so an omitted field is removed', async () => {
      const row = aTask(newTenant(), 'a', { tags: ['x'] })
      await seed(row)
      const { tags: _, ...rest } = next(row)
      expect(await store().put(rest, 1)).toEqual({ written: true })
      expect(await store().get(row)).toEqual(rest)
    })

    test('creating an existing row writes nothing and returns the stored row', async () => {
      const row = aTask(newTenant(), 'a')
      await seed(row)
      expect(await store().put({ ...row, createdBy: 'user:other' }, 0)).toEqual({ written: false, winner: row })
      expect(await store().get(row)).toEqual(row)
    })

    test('a put over an older version writes nothing and returns the stored row', async () => {
      const first = aTask(newTenant(), 'a')
      const second = next(first)
      await seed(first)
      await store().put(second, 1)
      expect(await store().put(next(first, { createdBy: 'user:late' }), 1)).toEqual({ written: false, winner: second })
      expect(await store().get(first)).toEqual(second)
    })

    test('a put over a future version writes nothing', async () => {
      const row = aTask(newTenant(), 'a')
      await seed(row)
      expect(await store().put({ ...row, version: 9 }, 8)).toEqual({ written: false, winner: row })
    })

    test('a put over a missing row writes nothing and returns no row', async () => {
      const row = next(aTask(newTenant(), 'a'))
      expect(await store().put(row, 1)).toEqual({ written: false, winner: undefined })
      expect(await store().get(row)).toBeUndefined()
    })

    test('exactly one of several concurrent puts over one version is written', async () => {
      const row = aTask(newTenant(), 'a')
      await seed(row)
      const puts = await Promise.all(Array.from({ length: 8 }, (_, at) => store().put(next(row, { createdBy: `user:${at}` }), 1)))
      expect(puts.filter((put) => put.written)).toHaveLength(1)
      expect(await store().get(row)).toMatchObject({ version: 2, createdBy: `user:${puts.findIndex((put) => put.written)}` })
    })

    test.each([-1, NOON + 0.5, Number.NaN])('a row at %d is refused, because the instant cannot be an index key', async (at) => {
      const row = aTask(newTenant(), 'a')
      await expect(store().put({ ...row, notBefore: at }, 0)).rejects.toThrow(RangeError)
      await expect(store().put({ ...row, dueAt: at }, 0)).rejects.toThrow(RangeError)
      expect(await store().get(row)).toBeUndefined()
    })

    test('a tenant row is stored', async () => {
      const row = aTenant(newTenant())
      await seed(row)
      expect(await store().get(tenantKey(row.id))).toEqual(row)
    })

    test('getTasks returns tasks in the order of the ids, without missing ones', async () => {
      const tenant = newTenant()
      const [a, b, c] = [aTask(tenant, 'a'), aTask(tenant, 'b'), aTask(tenant, 'c')]
      await seed(a, b, c)
      expect(await store().getTasks(tenant, ['c', 'nobody', 'a', 'b'])).toEqual([c, a, b])
      expect(await store().getTasks(tenant, [])).toEqual([])
      expect(await store().getTasks(newTenant(), ['a'])).toEqual([])
    })

    test('getTasks returns more tasks than fit in one request', async () => {
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
    test('a document is read as it was put, byte for byte', async () => {
      const tenant = newTenant()
      const text = JSON.stringify({ long: 'ü✓'.repeat(20_000) })
      await store().putDocument(tenant, 'a', 'd1', text)
      expect(await store().getDocument(tenant, 'a', 'd1')).toBe(text)
    })

    test('putting a name again replaces the document', async () => {
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

    test('a dropped document is removed, and dropping it again is no error', async () => {
      const tenant = newTenant()
      await store().putDocument(tenant, 'a', 'd1', 'text')
      await store().dropDocument(tenant, 'a', 'd1')
      await store().dropDocument(tenant, 'a', 'd1')
      expect(await store().getDocument(tenant, 'a', 'd1')).toBeUndefined()
    })

    test('a document is not a row and in no list', async () => {
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
