import { describe, expect, test } from 'vitest'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { NOON } from '../core/task/rows.ts'
import { MALLORY, scene } from './scene.ts'

type Page = { readonly items: readonly { readonly id: string; readonly notBefore: string }[]; readonly nextCursor?: string }

/** A tenant with `count` tasks, one per minute; the later ones were created first. */
const filled = async (count: number) => {
  const api = scene()
  for (let index = count; index > 0; index--) {
    await api.create({
      type: index % 2 ? 'free' : 'greet',
      input: { name: String(index) },
      delay: `${index}m`,
      tags: [`t${index % 3}`],
    })
  }
  const page = async (query: string): Promise<Page> => (await api.request('GET', `/v1/tasks?${query}`)).body
  /** All pages; an endless list would have more pages than there are tasks. */
  const all = async (query: string): Promise<readonly Page[]> => {
    const pages = [await page(query)]
    for (let last = pages[0]; last?.nextCursor && pages.length <= count; last = pages.at(-1)) {
      pages.push(await page(`${query}&cursor=${last.nextCursor}`))
    }
    return pages
  }
  return { ...api, page, all }
}

const minutes = ({ items }: Page): readonly number[] => items.map(({ notBefore }) => (Date.parse(notBefore) - NOON) / 60_000)

describe('a list', () => {
  test('is in order of time, newest first, in pages of 25; the last one has no cursor', async () => {
    const { all } = await filled(60)
    const pages = await all('')
    expect(pages.map(({ items }) => items.length)).toEqual([25, 25, 10])
    expect(pages.flatMap(minutes)).toEqual(Array.from({ length: 60 }, (_, index) => 60 - index))
    expect(pages.map(({ nextCursor }) => nextCursor !== undefined)).toEqual([true, true, false])
  })

  test.each([1, 25, 30, 50, 99, 100])('has no empty last page with %i entries', async (limit) => {
    const { all } = await filled(limit * (limit < 50 ? 2 : 1))
    expect((await all(`limit=${limit}`)).map(({ items }) => items.length)).toEqual(limit < 50 ? [limit, limit] : [limit])
  })

  test('filters by state, type, tag and time, alone and together', async () => {
    const { page, request, all } = await filled(30)
    const some = (await page('limit=1')).items[0]
    await request('POST', `/v1/tasks/${some?.id}/hold`)
    expect(minutes(await page('state=pending'))).toEqual([30])
    expect((await page('state=running')).items).toEqual([])
    expect(minutes(await page('type=greet&limit=3'))).toEqual([30, 28, 26])
    expect(minutes(await page('tag=t0&limit=3'))).toEqual([30, 27, 24])
    expect(minutes(await page(`from=${iso(NOON + 300_000)}&to=${iso(NOON + 480_000)}`))).toEqual([7, 6, 5])
    expect((await all('tag=t0&type=free&limit=2&state=scheduled')).flatMap(minutes)).toEqual([27, 21, 15, 9, 3])
    expect((await page('type=nobody')).items).toEqual([])
  })

  test('finds tasks that need attention by their own index', async () => {
    const { page, request, world } = await filled(3)
    const asked: unknown[] = []
    const { agenda } = world.store
    const watched: typeof agenda = async (query) => {
      asked.push(query.attention)
      return agenda(query)
    }
    Object.assign(world.store, { agenda: watched })
    const id = (await page('')).items[0]?.id
    await request('POST', `/v1/tasks/${id}/cancel`)
    for (const state of ['failed', 'conflicted', 'waiting', 'expired', 'cancelled']) await page(`state=${state}`)
    expect(asked).toEqual([undefined, 'failed', 'conflicted', 'waiting', 'expired', undefined])
    expect((await page('state=cancelled')).items.map((item) => item.id)).toEqual([id])
  })

  test('reads a bounded number of rows and returns a cursor', async () => {
    const { page, request, world, create } = await filled(1)
    for (let at = 0; at < LIMITS.listScanCount; at += LIMITS.batchCount) {
      const tasks = Array.from({ length: LIMITS.batchCount }, () => ({ type: 'greet', input: { name: 'x' }, delay: '2m' }))
      await request('POST', '/v1/tasks/batch', { body: { tasks } })
    }
    await create({ type: 'free', input: 1, delay: '1s', tags: ['last'] })
    expect(world.lines.length).toBeGreaterThan(LIMITS.listScanCount)
    const first = await page('tag=last')
    expect(first.items).toEqual([])
    expect(first.nextCursor).toBeDefined()
    const second = await page(`tag=last&cursor=${first.nextCursor}`)
    expect(second.items).toHaveLength(1)
    expect(second.nextCursor).toBeUndefined()
  })

  test('shows a small input, and the size of an input beside the row', async () => {
    const { page, create } = await filled(0)
    await create({ type: 'free', input: 'x'.repeat(1_000), delay: '1m' })
    await create({ type: 'free', input: 'small' })
    const [large, small] = (await page('')).items
    expect(large).toMatchObject({ inputBytes: 1_002 })
    expect(large).not.toHaveProperty('input')
    expect(small).toMatchObject({ input: 'small' })
  })
})

describe('a cursor', () => {
  test('stays valid under writes: no task is shown twice, no earlier task is missed', async () => {
    const { page, create } = await filled(6)
    const first = await page('limit=3')
    await create({ type: 'free', input: 1, delay: '10m' })
    expect(minutes(await page(`limit=3&cursor=${first.nextCursor}`))).toEqual([3, 2, 1])
  })

  test('is valid with another limit, but not with other filters or for another tenant', async () => {
    const { page, request } = await filled(6)
    const { nextCursor } = await page('limit=3')
    expect((await page(`limit=1&cursor=${nextCursor}`)).items).toHaveLength(1)
    const foreign = [
      await request('GET', `/v1/tasks?type=free&cursor=${nextCursor}`),
      await request('GET', `/v1/tasks?cursor=${nextCursor}`, { caller: MALLORY }),
    ]
    for (const { status, body } of foreign) {
      expect([status, body.path]).toEqual([400, '/query/cursor'])
      expect(body.detail).toMatch(/belongs to another list/)
    }
  })

  test.each([
    'x',
    'bm90IGpzb24',
    'W10',
    'WzEsMiwzLDRd',
    Buffer.from('[1,-5,"a",1]').toString('base64url'),
    '%00',
    encodeURIComponent('🙂'),
  ])('%s is refused', async (cursor) => {
    const { request } = scene()
    const { status, body } = await request('GET', `/v1/tasks?cursor=${cursor}`)
    expect([status, body.path]).toEqual([400, '/query/cursor'])
    expect(body.detail).toMatch(/must be the unchanged nextCursor of the page before/)
  })
})
