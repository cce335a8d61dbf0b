import assert from 'node:assert/strict'
import { EventBridgeClient, PutRuleCommand, PutTargetsCommand } from '@aws-sdk/client-eventbridge'
import { CreateQueueCommand, GetQueueAttributesCommand, ReceiveMessageCommand } from '@aws-sdk/client-sqs'
import { CREDENTIALS, REGION } from '../emulator.ts'
import type { Case } from '../report.ts'
import { output, type Scene } from '../scene.ts'
import { until } from '../until.ts'

type Heard = { readonly detail: { readonly subject: string; readonly type: string; readonly sequence: string } }

/** What becomes known of a task on the bus. */
export const eventCases: readonly Case<Scene>[] = [
  {
    says: 'a task that wants events is heard of on the bus, from its creation to its success, and one that wants none is not',
    run: async (scene) => {
      const listen = await listenerTo(scene)
      const silent = await scene.create({ type: 'e2e.echo', input: { word: 'hush' } })
      await scene.reaches(silent.id, 'succeeded')
      const { id } = await scene.create({ type: 'e2e.herald', input: {} })
      const heard: Heard[] = []
      await until(`the success of task ${id} to be heard on the bus`, async () => {
        heard.push(...(await listen()))
        return heard.some(({ detail }) => detail.type === 'carillon.task.succeeded') || undefined
      })
      assert.deepEqual(new Set(heard.map(({ detail }) => detail.subject)), new Set([id]))
      const events = heard.map(({ detail }) => detail).toSorted((a, b) => (a.sequence < b.sequence ? -1 : 1))
      const told = events.map(({ sequence, type }) => `${Number(sequence)} ${type}`)
      assert.deepEqual([...new Set(told)], ['1 carillon.task.created', '2 carillon.task.started', '3 carillon.task.succeeded'])
    },
  },
]

/** A queue that hears all that the bus is told; answers how to take what has come. */
const listenerTo = async ({ sqs, outputs, emulator }: Scene): Promise<() => Promise<readonly Heard[]>> => {
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
    return Messages.map(({ Body }) => JSON.parse(Body ?? '') as Heard)
  }
}
