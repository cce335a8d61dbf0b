import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { GetQueueAttributesCommand, PurgeQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs'
import { LIMITS } from '../../../core/limits.ts'
import { SYSTEM_TENANT } from '../../../core/row/key.ts'
import { encodeNudge, nudgeOf } from '../../../core/row/nudge.ts'
import { QUARANTINE_TYPE } from '../../../core/task/row.ts'
import type { TaskView } from '../api.ts'
import type { Case } from '../report.ts'
import { delayedCount, output, type Scene } from '../scene.ts'
import { until } from '../until.ts'

/** Messages that nobody can use. */
export const deadCases: readonly Case<Scene>[] = [
  {
    says: "garbage on a lane's queue ends as a quarantined row of tenant carillon",
    run: async (scene) => {
      const body = `this is no nudge: ${randomUUID()}`
      await send(scene, output(scene.outputs, 'QueueUrlbrief'), body)
      await quarantined(scene, body)
    },
  },
  {
    says: "garbage on a lane's dead-letter queue is kept as a quarantined row of tenant carillon",
    run: async (scene) => {
      const body = `{"kind":"task","tenant":"acme","why":"${randomUUID()}"}`
      await send(scene, await deadLetterQueueOf(scene, output(scene.outputs, 'QueueUrlbrief')), body)
      await quarantined(scene, body)
    },
  },
  {
    says: `a message that fails ${LIMITS.queueReceiveCount} times travels to the dead-letter queue; its task is armed anew, and runs`,
    run: async (scene) => {
      // Its own message is taken away, so that the one that dies is all that it has.
      const QueueUrl = output(scene.outputs, 'QueueUrlhigh')
      const { id } = await scene.create({ type: 'e2e.echo', input: { word: 'poison' }, delay: '20s', lane: 'high' })
      await until('the message to wait on the lane', async () => ((await delayedCount(scene, QueueUrl)) === 1 ? true : undefined))
      await scene.sqs.send(new PurgeQueueCommand({ QueueUrl }))
      // A lane that no executor knows: each receive is a fault, so SQS itself counts the message to death.
      const nudge = { ...nudgeOf(await scene.row('acme', id), 0), lane: 'nowhere' }
      await send(scene, output(scene.outputs, 'QueueUrlbrief'), encodeNudge(nudge))
      const { attempt, history } = await scene.reaches(id, 'succeeded')
      assert.equal(attempt, 1)
      const why = history.map(({ reason = '' }) => reason).join('; ')
      assert.match(why, /DeadLettered: its message was moved to the lane:brief dead-letter queue after \d+ receives/)
    },
  },
]

const send = async ({ sqs }: Scene, QueueUrl: string, MessageBody: string): Promise<void> => {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
}

const deadLetterQueueOf = async ({ sqs }: Scene, QueueUrl: string): Promise<string> => {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }))
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(Attributes?.RedrivePolicy ?? '{}')
  assert.equal(Number(maxReceiveCount), LIMITS.queueReceiveCount)
  return QueueUrl.replace(/[^/]+$/, String(deadLetterTargetArn).split(':').at(-1) ?? '')
}

/** Waits until Carillon's own operators see the message, as a failed task that holds its body. */
const quarantined = async ({ as }: Scene, body: string): Promise<void> => {
  const operator = as({ 'carillon:tenant': SYSTEM_TENANT, scope: 'carillon/admin' })
  const row = await until(`a quarantined row with ${body}`, async () => {
    const listed = await operator('GET', `/v1/tasks?type=${QUARANTINE_TYPE}&state=failed`)
    if (listed.status !== 200) throw new Error(`the list answered ${listed.status}: ${JSON.stringify(listed.body)}`)
    for (const { id } of listed.body.items as readonly TaskView[]) {
      const { body: task } = await operator('GET', `/v1/tasks/${id}`)
      if ((task.input as { body?: string }).body === body) return task as TaskView
    }
    return undefined
  })
  assert.equal(row.state, 'failed')
  assert.equal(row.error?.code, 'UnreadableMessage')
}
