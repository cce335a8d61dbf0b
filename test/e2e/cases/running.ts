import assert from 'node:assert/strict'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'
import { until } from '../until.ts'

/** Running tasks that are stopped. */
export const runningCases: readonly Case<Scene>[] = [
  {
    name: 'a task that runs longer than its timeout is aborted, and fails as Timeout',
    run: async ({ create, reaches, as }) => {
      const { id } = await create({ type: 'e2e.patient', input: {}, timeout: '1s', retry: { policy: 'none' } })
      const { error } = await reaches(id, 'failed')
      assert.equal(error?.code, 'Timeout')
      const { status, body } = await as()('GET', `/v1/tasks/${id}/attempts`)
      assert.equal(status, 200)
      const [attempt] = body.items as readonly { readonly outcome: string; readonly error?: { readonly code: string } }[]
      assert.deepEqual([attempt?.outcome, attempt?.error?.code], ['failed', 'Timeout'])
    },
  },
  {
    name: 'a running task shows its progress, is aborted by a cancel, and ends as cancelled',
    run: async ({ create, read, reaches, as }) => {
      const { id } = await create({ type: 'e2e.patient', input: {} })
      await until('its progress', async () => {
        const { progress } = await read(id)
        return progress?.text === 'waiting' ? progress : undefined
      })
      const { body } = await as()('POST', `/v1/tasks/${id}/cancel`, { reason: 'it takes too long' })
      assert.equal(body.result, 'cancelRequested')
      assert.equal(body.cancelRequested, true)
      const { history } = await reaches(id, 'cancelled')
      assert.ok(
        history.some(({ reason }) => reason === 'it takes too long'),
        JSON.stringify(history),
      )
    },
  },
]
