import assert from 'node:assert/strict'
import { InvokeCommand, ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { PurgeQueueCommand } from '@aws-sdk/client-sqs'
import type { Case } from '../report.ts'
import { delayedCount, output, type Scene } from '../scene.ts'
import { until } from '../until.ts'

/**
 * Lost messages. The emulator itself can lose one: it completes a batch of the stream even if the relay reports failed records,
 * which AWS would deliver again.
 */
export const lostCases: readonly Case<Scene>[] = [
  {
    name: 'the sweep finds a task whose message is lost, and the task runs',
    run: async (scene) => {
      const QueueUrl = output(scene.outputs, 'QueueUrllong')
      const { id } = await scene.create({ type: 'e2e.echo', input: { word: 'lost' }, delay: '20s', lane: 'long' })
      await until('the message to wait on the lane', async () => ((await delayedCount(scene, QueueUrl)) === 1 ? true : undefined))
      await scene.sqs.send(new PurgeQueueCommand({ QueueUrl }))
      const FunctionName = await sweepFunction(scene)
      // Invoked by the test, because its schedule has a period of five minutes. It treats no message as lost before two minutes
      // have passed, so until then it repairs nothing.
      const task = await until(
        `the sweep to bring task ${id} back`,
        async () => {
          const { FunctionError } = await scene.lambda.send(new InvokeCommand({ FunctionName, Payload: '{}' }))
          assert.equal(FunctionError, undefined)
          const current = await scene.read(id)
          return current.state === 'succeeded' ? current : undefined
        },
        { withinMs: 240_000, everyMs: 5_000 },
      )
      assert.equal(task.attempt, 1)
    },
  },
]

const sweepFunction = async ({ lambda, outputs }: Scene): Promise<string> => {
  // Another stack may be in the account: the names of its resources begin with another name.
  const [stack = ''] = output(outputs, 'TableName').split('-Carillon')

  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({}))
  const names = Functions.map(({ FunctionName = '' }) => FunctionName)
  const sweeps = names.filter((name) => name.startsWith(`${stack}-`) && name.includes('Sweep'))
  assert.equal(sweeps.length, 1, `one function must be the sweep; there are ${names.join(', ')}`)
  return sweeps[0] ?? ''
}
