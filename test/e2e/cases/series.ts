import assert from 'node:assert/strict'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'
import { until } from '../until.ts'

type Item = { readonly task?: string; readonly outcome: string; readonly nominalAt: string }

/** Recurring work. */
export const seriesCases: readonly Case<Scene>[] = [
  {
    name: 'a series starts a task at three times of its rate, is edited, paused and deleted, and starts none twice',
    run: async ({ as, read }) => {
      const alice = as()
      const path = '/v1/series/e2e-beat'
      const definition = { type: 'e2e.echo', input: { word: 'first' }, recurrence: { rate: '4s' } }
      const created = await alice('PUT', path, definition)
      assert.equal(created.status, 201, JSON.stringify(created.body))
      const occurrences = async () => {
        const { body } = await alice('GET', `${path}/occurrences?limit=100`)
        return (body.items as readonly Item[]).toReversed()
      }
      const succeeded = (count: number) =>
        until(`${count} occurrences to succeed`, async () => {
          const done = (await occurrences()).filter(({ outcome }) => outcome === 'succeeded')
          return done.length >= count ? done : undefined
        })
      const three = await succeeded(3)
      const words = async (items: readonly Item[]) =>
        Promise.all(items.map(async ({ task = '' }) => ((await read(task)).output as { readonly word: string }).word))
      assert.deepEqual(await words(three.slice(0, 3)), ['first', 'first', 'first'])

      const patched = await alice('PATCH', path, { input: { word: 'second' } })
      assert.deepEqual([patched.status, patched.body.revision], [200, 2], JSON.stringify(patched.body))
      const beforeEdit = (await occurrences()).filter(({ task }) => task !== undefined).length
      const after = await succeeded(beforeEdit + 1)
      assert.equal((await words(after.slice(-1)))[0], 'second')

      const paused = await alice('POST', `${path}/pause`, { reason: 'the end of the test' })
      assert.equal(paused.body.state, 'paused', JSON.stringify(paused.body))
      const all = (await occurrences()).flatMap(({ task }) => task ?? [])
      assert.equal(new Set(all).size, all.length)
      const deleted = await alice('DELETE', `${path}?openTasks=cancel`)
      assert.equal(deleted.status, 200, JSON.stringify(deleted.body))
      assert.equal((await alice('GET', path)).status, 404)
    },
  },
]
