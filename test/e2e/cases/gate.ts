import assert from 'node:assert/strict'
import type { TaskView } from '../api.ts'
import type { Case } from '../report.ts'
import type { Scene } from '../scene.ts'
import { until } from '../until.ts'

type Run = { readonly from: number; readonly to: number }

const runOf = ({ output }: TaskView): Run => output as Run

/** Gates and pauses. */
export const gateCases: readonly Case<Scene>[] = [
  {
    name: 'three tasks at a gate with one place run one at a time, in the order of arrival, and explain gives the gate as the reason',
    run: async ({ create, reaches, read, as }) => {
      const gate = { key: 'room', limit: 1 }
      const first = await create({ type: 'e2e.occupy', input: { ms: 4_000 }, gate })
      await reaches(first.id, 'running')
      const second = await create({ type: 'e2e.occupy', input: { ms: 100 }, gate })
      await until('the second to be blocked', async () => ((await read(second.id)).blocked ? true : undefined))
      const third = await create({ type: 'e2e.occupy', input: { ms: 100 }, gate })
      const { body } = await as()('GET', `/v1/tasks/${second.id}/explain`)
      const reasons = body.reasons as readonly { readonly code: string }[]
      assert.equal(reasons[0]?.code, 'gateBusy', JSON.stringify(body))
      const runs = [first, second, third].map(async ({ id }) => runOf(await reaches(id, 'succeeded')))
      const [one, two, three] = await Promise.all(runs)
      assert.ok(one && two && three)
      assert.ok(one.to <= two.from && two.to <= three.from, JSON.stringify([one, two, three]))
    },
  },
  {
    name: 'a task of a paused type waits, names the caller of the pause, and runs after the resume',
    run: async ({ create, reaches, as }) => {
      const admin = as({ scope: 'carillon/admin' })
      const paused = await admin('POST', '/v1/controls/type.e2e.paused/pause', { reason: 'until the check is done' })
      assert.equal(paused.status, 200, JSON.stringify(paused.body))
      // The most age of the controls that an executor caches.
      const { id } = await create({ type: 'e2e.paused', input: {}, delay: '6s' })
      const explained = await until('the task to be stopped by the pause', async () => {
        const { body } = await as()('GET', `/v1/tasks/${id}/explain`)
        const [reason] = body.reasons as readonly { readonly code: string; readonly message: string }[]
        return reason?.code === 'paused' && body.state !== 'succeeded' ? reason : undefined
      })
      assert.match(explained.message, /until the check is done/)
      const resumed = await admin('POST', '/v1/controls/type.e2e.paused/resume', {})
      assert.equal(resumed.status, 200, JSON.stringify(resumed.body))
      assert.equal((await reaches(id, 'succeeded')).attempt, 1)
    },
  },
]
