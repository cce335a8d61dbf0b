import assert from 'node:assert/strict'
import type { TaskView } from '../api.ts'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'
import { until } from '../until.ts'

/** Failed tasks. */
export const failureCases: readonly Case<Scene>[] = [
  {
    name: 'a failing task is retried twice, and then its failure task runs with the failure as its input',
    run: async ({ create, read, reaches, as }) => {
      const retry = { policy: 'fixed', wait: '1s', attempts: 3 }
      const { id } = await create({ type: 'e2e.fail', input: { word: 'it' }, retry, onFailure: 'e2e.report' })
      const failed = await reaches(id, 'failed')
      assert.equal(failed.attempt, 3)
      assert.equal(failed.error?.code, 'Broken')
      assert.equal(failed.error?.message, 'it is broken')

      const { failureTask } = await read(id)
      assert.ok(failureTask, 'a failed task with an onFailure must name its failure task')
      const handler = await until(`failure task ${failureTask}`, async () => {
        const { status, body } = await as()('GET', `/v1/tasks/${failureTask}`)
        return status === 200 && body.state === 'succeeded' ? (body as TaskView) : undefined
      })
      assert.equal(handler.type, 'e2e.report')
      assert.equal(handler.failureOf, id)
      const { reported } = handler.output as { reported: Record<string, unknown> }
      assert.equal(reported.taskId, id)
      assert.equal(reported.attempts, 3)
      assert.deepEqual(reported.input, { word: 'it' })
      assert.equal((reported.error as { code: string }).code, 'Broken')
    },
  },
]
