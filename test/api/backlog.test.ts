import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { backlogAge } from '../../api/health.ts'
import { LIMITS } from '../../core/limits.ts'
import { overdueAt } from '../../core/task/places.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { tenantKey } from '../../core/tenant/row.ts'
import type { Store } from '../../engine/world.ts'
import { memoryStore } from '../../worlds/memory/store.ts'
import { NOON, rowIn } from '../core/task/rows.ts'

const MINUTE = 60_000

/** A tenant with these rows and an agenda that has been swept up to `markAt`; counts the rows that are read. */
const tenantWith = async (rows: readonly TaskRow[], markAt: number) => {
  const store = memoryStore(':memory:')
  await store.put({ ...tenantKey('acme'), version: 1, createdAt: NOON, swept: { at: markAt, id: '' } }, 0)
  for (const row of rows) await store.put(row, 0)
  let readCount = 0
  const getTasks: Store['getTasks'] = async (tenant, ids) => {
    readCount += ids.length
    return store.getTasks(tenant, ids)
  }
  return { age: () => backlogAge({ ...store, getTasks }, 'acme', NOON), reads: () => readCount }
}

/** A row of a task for a time, in a given state. */
const rowAt = (state: 'scheduled' | 'succeeded', notBefore: number, index: number): TaskRow => ({
  ...rowIn(state),
  id: `t${index}`,
  notBefore,
  ...(state === 'scheduled' ? { dueAt: notBefore } : {}),
})

describe('the age of the backlog', () => {
  test.each([0, 1, 15, 90, 240, 400, 420])(
    'of a busy tenant that is %i seconds behind is found with a bounded number of reads',
    async (s) => {
      const everyMs = 200
      const rows = Array.from({ length: (7 * MINUTE) / everyMs }, (_, index) => {
        const notBefore = NOON - 7 * MINUTE + index * everyMs
        return rowAt(notBefore < NOON - s * 1_000 ? 'succeeded' : 'scheduled', notBefore, index)
      })
      const { age, reads } = await tenantWith(rows, NOON - 7 * MINUTE)
      const found = await age()
      expect(found).toBeLessThanOrEqual(s * 1_000)
      expect(found).toBeGreaterThan(s * 1_000 - 1_000)
      expect(reads()).toBeLessThanOrEqual(LIMITS.healthPageCount * LIMITS.healthPagesCount)
    },
  )

  test('is found behind a task whose worker was lost long after its time', async () => {
    const running = { ...rowIn('running'), id: 'lost', notBefore: NOON - 7 * MINUTE, lease: { owner: 'w', until: NOON - 5_000 } }
    const rows = Array.from({ length: 420 }, (_, index) =>
      rowAt(index < 120 ? 'succeeded' : 'scheduled', NOON - 7 * MINUTE + index * 1_000, index),
    )
    const { age } = await tenantWith([running, ...rows], NOON - 7 * MINUTE)
    expect(await age()).toBeGreaterThan(290_000)
  })

  test('is found among many tasks of one instant, half of which are done', async () => {
    const rows = Array.from({ length: 2_000 }, (_, index) => rowAt(index % 2 ? 'scheduled' : 'succeeded', NOON - 30_000, index))
    const { age, reads } = await tenantWith(rows, NOON - 7 * MINUTE)
    expect(await age()).toBe(30_000)
    expect(reads()).toBeLessThanOrEqual(LIMITS.healthPageCount * LIMITS.healthPagesCount)
  })

  test('is never above the exact age, and exact if all tasks fit on one page', async () => {
    const rowsOf = fc.array(fc.tuple(fc.constantFrom('scheduled', 'succeeded'), fc.integer({ min: -90, max: 30 })), {
      maxLength: 80,
    })
    await fc.assert(
      fc.asyncProperty(rowsOf, async (drawn) => {
        const rows = drawn.map(([state, second], index) =>
          rowAt(state as 'scheduled' | 'succeeded', NOON + second * 1_000, index),
        )
        const { age } = await tenantWith(rows, NOON - 2 * MINUTE)
        const exactAge = NOON - Math.min(NOON, ...rows.map((row) => overdueAt(row) ?? NOON))
        const found = await age()
        expect(found).toBeLessThanOrEqual(exactAge)
        const past = rows.filter(({ notBefore }) => notBefore < NOON)
        if (past.length < LIMITS.healthPageCount) expect(found).toBe(exactAge)
      }),
      { numRuns: 60 },
    )
  })
})
