import assert from 'node:assert/strict'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'

/** Tasks that are no longer wanted. */
export const cancelCases: readonly Case<Scene>[] = [
  {
    says: 'a task that is cancelled before its time never starts, though its message comes',
    run: async ({ create, reaches, read, as }) => {
      const { id } = await create({ type: 'e2e.echo', input: { word: 'unwanted' }, delay: '6s' })
      const { status, body } = await as()('POST', `/v1/tasks/${id}/cancel`)
      assert.equal(status, 200)
      assert.equal(body.result, 'cancelled')
      // The next task's message is behind that of the cancelled one on the same lane: when it has run, so has its time come.
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
