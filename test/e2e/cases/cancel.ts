import assert from 'node:assert/strict'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'

/** Cancelled tasks. */
export const cancelCases: readonly Case<Scene>[] = [
  {
    name: 'a task that is cancelled before its time never starts, although its message arrives',
    run: async ({ create, reaches, read, as }) => {
      const { id } = await create({ type: 'e2e.echo', input: { word: 'unwanted' }, delay: '6s' })
      const { status, body } = await as()('POST', `/v1/tasks/${id}/cancel`)
      assert.equal(status, 200)
      assert.equal(body.result, 'cancelled')
      // The message of the next task is behind that of the cancelled one on the same lane. When it has run, the other has arrived.
      const next = await create({ type: 'e2e.echo', input: { word: 'wanted' }, delay: '8s' })
      await reaches(next.id, 'succeeded')
      const { state, attempt, startedAt } = await read(id)
      assert.deepEqual({ state, attempt, startedAt }, { state: 'cancelled', attempt: 0, startedAt: undefined })
      const again = await as()('POST', `/v1/tasks/${id}/cancel`)
      assert.equal(again.status, 200)
      assert.equal(again.body.result, 'alreadyFinished')
    },
  },
]
