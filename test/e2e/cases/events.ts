import assert from 'node:assert/strict'
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { CREDENTIALS, REGION } from '../emulator.ts'
import type { Case } from '../report.ts'
import { output, type Scene } from '../scene.ts'
import { until } from '../until.ts'

type ReceivedEvent = { readonly detail: { readonly subject: string; readonly type: string; readonly sequence: string } }

/** Lifecycle events on the bus. */
export const eventCases: readonly Case<Scene>[] = [
  {
    name: 'a task with events has them on the bus from its creation to its success, and a task without has none',
    run: async (scene) => {
      const listen = await listenerTo(scene)
      const silent = await scene.create({ type: 'e2e.echo', input: { word: 'hush' } })
      await scene.reaches(silent.id, 'succeeded')
      const { id } = await scene.create({ type: 'e2e.herald', input: {} })
      const deliveries: ReceivedEvent[] = []
      await until(`the success of task ${id} to be on the bus`, async () => {
        deliveries.push(...(await listen()))
        return deliveries.some(({ detail }) => detail.type === 'carillon.task.succeeded') || undefined
      })
      assert.deepEqual(new Set(deliveries.map(({ detail }) => detail.subject)), new Set([id]))
      const events = deliveries.map(({ detail }) => detail).toSorted((a, b) => (a.sequence < b.sequence ? -1 : 1))
      const received = events.map(({ sequence, type }) => `${Number(sequence)} ${type}`)
      assert.deepEqual(
        [...new Set(received)],
        ['1 carillon.task.created', '2 carillon.task.started', '3 carillon.task.succeeded'],
      )
    },
  },
]

/** Creates a queue that receives all events of the bus; returns a function that reads them. */
const listenerTo = async ({ sqs, outputs, emulator }: Scene): Promise<() => Promise<readonly ReceivedEvent[]>> => {
  const bus = new EventBridgeClient({ region: REGION, credentials: CREDENTIALS, endpoint: `https://127.0.0.1:${emulator.port}` })
  const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'e2e-events' }))
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['QueueArn'] }))
  const rule = { EventBusName: output(outputs, 'BusName') }
  await bus.send(new PutRuleCommand({ ...rule, Name: 'e2e', EventPattern: JSON.stringify({ source: ['carillon'] }) }))
  const target = { Id: 'queue', Arn: Attributes?.QueueArn }
  const { FailedEntryCount } = await bus.send(new PutTargetsCommand({ ...rule, Rule: 'e2e', Targets: [target] }))
  assert.equal(FailedEntryCount, 0, 'the rule must take its target')
  return async () => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10 }))
    return Messages.map(({ Body }) => JSON.parse(Body ?? '') as ReceivedEvent)
  }
}
