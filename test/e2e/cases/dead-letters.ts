import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { GetQueueAttributesCommand, PurgeQueueCommand, SendMessageCommand, SetQueueAttributesCommand } from '@aws-sdk/client-sqs'
import { LIMITS } from '../../../core/limits.ts'
import { SYSTEM_TENANT } from '../../../core/row/key.ts'
import { encodeNudge, nudgeOf } from '../../../core/row/nudge.ts'
import { QUARANTINE_TYPE } from '../../../core/task/row.ts'
import type { TaskView } from '../api.ts'
import type { Case } from '../report.ts'
import { delayedCount, output, type Scene } from '../scene.ts'
import { until } from '../until.ts'

/** Dead letters. */
export const deadLetterCases: readonly Case<Scene>[] = [
  {
    name: 'an unreadable message on the queue of a lane becomes a quarantined row of tenant carillon',
    run: async (scene) => {
      const body = `this is no nudge: ${randomUUID()}`
      await send(scene, output(scene.outputs, 'QueueUrlbrief'), body)
      await quarantined(scene, body)
    },
  },
  {
    name: 'an unreadable message on the dead-letter queue of a lane becomes a quarantined row of tenant carillon',
    run: async (scene) => {
      const body = `{"kind":"task","tenant":"acme","why":"${randomUUID()}"}`
      await send(scene, await deadLetterQueueOf(scene, output(scene.outputs, 'QueueUrlbrief')), body)
      await quarantined(scene, body)
    },
  },
  {
    name: 'a message that fails too often moves to the dead-letter queue; its task is re-armed and runs',
    run: async (scene) => {
      // The message of the task is deleted, so that the dead letter is its only one.
      const QueueUrl = output(scene.outputs, 'QueueUrlhigh')
      const { id } = await scene.create({ type: 'e2e.echo', input: { word: 'poison' }, delay: '20s', lane: 'high' })
      await until('the message to wait on the lane', async () => ((await delayedCount(scene, QueueUrl)) === 1 ? true : undefined))
      await scene.sqs.send(new PurgeQueueCommand({ QueueUrl }))
      // The deployed number of receives would take 42 minutes here.
      const brief = output(scene.outputs, 'QueueUrlbrief')
      await allowReceives(scene, brief, 5)
      // This lane has no executor: each receive fails, so SQS counts the receives and moves the message.
      const nudge = { ...nudgeOf(await scene.row('acme', id), 0), lane: 'nowhere' }
      await send(scene, brief, encodeNudge(nudge))
      const { attempt, history } = await scene.reaches(id, 'succeeded')
      assert.equal(attempt, 1)
      const why = history.map(({ reason = '' }) => reason).join('; ')
      // The emulator does not pass on which queue gave the message up, so its source is the lane that it names.
      assert.match(why, /DeadLettered: its message was moved to the lane:(brief|nowhere) dead-letter queue after \d+ receives/)
    },
  },
]

const send = async ({ sqs }: Scene, QueueUrl: string, MessageBody: string): Promise<void> => {
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }))
}

const redrivePolicyOf = async ({ sqs }: Scene, QueueUrl: string): Promise<{ readonly deadLetterTargetArn: string }> => {
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['RedrivePolicy'] }))
  const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(Attributes?.RedrivePolicy ?? '{}')
  assert.equal(Number(maxReceiveCount), LIMITS.queueReceiveCount)
  return { deadLetterTargetArn }
}

const deadLetterQueueOf = async (scene: Scene, QueueUrl: string): Promise<string> => {
  const { deadLetterTargetArn } = await redrivePolicyOf(scene, QueueUrl)
  return QueueUrl.replace(/[^/]+$/, deadLetterTargetArn.split(':').at(-1) ?? '')
}

const allowReceives = async (scene: Scene, QueueUrl: string, maxReceiveCount: number): Promise<void> => {
  const RedrivePolicy = JSON.stringify({ ...(await redrivePolicyOf(scene, QueueUrl)), maxReceiveCount })
  await scene.sqs.send(new SetQueueAttributesCommand({ QueueUrl, Attributes: { RedrivePolicy } }))
}

/** Waits until the tenant `carillon` lists the message as a failed task with its body. */
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
