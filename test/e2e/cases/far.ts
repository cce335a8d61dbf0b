import assert from 'node:assert/strict'
import {
  GetScheduleCommand,
  type GetScheduleOutput,
  ResourceNotFoundException,
  UpdateScheduleCommand,
} from '@aws-sdk/client-scheduler'
import { timerName } from '../../../core/row/nudge.ts'
import { wakeup } from '../../../core/wakeup.ts'
import type { Case } from '../report.ts'
import { delayedCount, output, type Scene } from '../scene.ts'
import { until } from '../until.ts'

/** Tasks far ahead, and their timers. */
export const farCases: readonly Case<Scene>[] = [
  {
    name: 'a task that is due in 16 minutes has its timer in EventBridge Scheduler; moved to now, it runs, and the timer is deleted',
    run: async (scene) => {
      const { id, notBefore } = await scene.create({ type: 'e2e.echo', input: { word: 'far' }, delay: '16m' })
      const row = await scene.row('acme', id)
      const timer = await timerOf(scene, timerName(row))
      const expected = wakeup(row.updatedAt, Date.parse(notBefore), id)
      assert.equal(expected.by, 'timer')
      assert.equal(timer.ScheduleExpression, `at(${new Date(expected.at).toISOString().slice(0, 19)})`)
      assert.ok(expected.at < Date.parse(notBefore))
      assert.equal(timer.ActionAfterCompletion, 'DELETE')
      assert.equal(timer.FlexibleTimeWindow?.Mode, 'OFF')
      assert.equal(timer.Target?.Arn?.split(':').at(-1), output(scene.outputs, 'QueueUrlnormal').split('/').at(-1))
      assert.match(timer.Target?.DeadLetterConfig?.Arn ?? '', /^arn:aws:sqs:.*DeadLetter/)
      assert.deepEqual(JSON.parse(timer.Target?.Input ?? '{}'), {
        kind: 'task',
        tenant: 'acme',
        id,
        epoch: row.epoch,
        lane: 'normal',
        dueAt: Date.parse(notBefore),
      })

      const { status } = await scene.as()('POST', `/v1/tasks/${id}/reschedule`, { notBefore: new Date().toISOString() })
      assert.equal(status, 200)
      const { attempt } = await scene.reaches(id, 'succeeded')
      assert.equal(attempt, 1)
      await timerGone(scene, timerName(row))
    },
  },
  {
    name: 'a timer that fires early starts no task: its message is sent again with the remaining delay',
    run: async (scene) => {
      const { id } = await scene.create({ type: 'e2e.echo', input: { word: 'early' }, delay: '16m', lane: 'low' })
      const row = await scene.row('acme', id)
      const name = timerName(row)
      const { Arn: _, CreationDate: _c, LastModificationDate: _l, ...timer } = await timerOf(scene, name)
      assert.ok(timer.FlexibleTimeWindow && timer.Target)
      // AWS refuses an `at()` in the past. The emulator accepts it and fires in its next round, every ten seconds.
      const past = { ScheduleExpression: 'at(2026-01-01T00:00:00)' }
      const { FlexibleTimeWindow, Target } = timer
      await scene.scheduler.send(new UpdateScheduleCommand({ ...timer, Name: name, FlexibleTimeWindow, Target, ...past }))
      await timerGone(scene, name)
      const lane = output(scene.outputs, 'QueueUrllow')
      await until('the message to wait on the lane', async () => ((await delayedCount(scene, lane)) === 1 ? true : undefined))
      const after = await scene.row('acme', id)
      assert.equal(after.state, 'scheduled')
      assert.equal(after.attempt, 0)
      assert.equal(after.version, row.version)
    },
  },
]

/** Waits until the relay has armed the timer, in the schedule group of Carillon. */
const timerOf = async (scene: Scene, name: string): Promise<GetScheduleOutput> => {
  const GroupName = output(scene.outputs, 'ScheduleGroup')
  return until(`timer ${name} in group ${GroupName}`, () =>
    scene.scheduler.send(new GetScheduleCommand({ GroupName, Name: name })),
  )
}

const timerGone = async (scene: Scene, name: string): Promise<void> => {
  const GroupName = output(scene.outputs, 'ScheduleGroup')
  await until(`timer ${name} to be gone`, async () => {
    try {
      await scene.scheduler.send(new GetScheduleCommand({ GroupName, Name: name }))
      return undefined
    } catch (error) {
      if (error instanceof ResourceNotFoundException) return true
      throw error
    }
  })
}
