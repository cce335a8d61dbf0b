import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { LambdaClient } from '@aws-sdk/client-lambda'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { GetQueueAttributesCommand, SQSClient } from '@aws-sdk/client-sqs'
import { keyText } from '../../core/row/key.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { fromItem } from '../../worlds/aws/dynamo/item.ts'
import { type Api, apiOf, type TaskView } from './api.ts'
import type { Outputs } from './deploy.ts'
import { clientConfig, type Emulator } from './emulator.ts'
import type { Issuer } from './issuer.ts'
import { until } from './until.ts'

/** The context of a case. */
export type Scene = {
  readonly emulator: Emulator
  readonly issuer: Issuer
  readonly outputs: Outputs
  /** The API with claims in addition to those of Alice of the tenant `acme`. */
  readonly as: (claims?: Readonly<Record<string, unknown>>) => Api
  /** The API with a given token, or without one. */
  readonly with: (token?: string) => Api
  /** Creates a task as Alice and returns it. */
  readonly create: (task: Readonly<Record<string, unknown>>) => Promise<TaskView>
  readonly read: (id: string) => Promise<TaskView>
  /** Waits until the task is in this state and returns it. */
  readonly reaches: (id: string, state: string) => Promise<TaskView>
  /** The row in the table. */
  readonly row: (tenant: string, id: string) => Promise<TaskRow>
  readonly sqs: SQSClient
  readonly scheduler: SchedulerClient
  readonly lambda: LambdaClient
}

/** Builds the context: the deployed app, its callers, and access to its table. */
export const sceneOf = (emulator: Emulator, issuer: Issuer, outputs: Outputs): Scene => {
  const client = clientConfig(emulator)
  const dynamo = new DynamoDBClient(client)
  const withToken = (token?: string): Api => apiOf(emulator.port, output(outputs, 'ApiUrl'), token)
  const as = (claims?: Readonly<Record<string, unknown>>): Api => withToken(issuer.token(claims))
  const alice = as()
  const read = async (id: string): Promise<TaskView> => {
    const { status, body } = await alice('GET', `/v1/tasks/${id}`)
    if (status !== 200) throw new Error(`GET of task ${id} answered ${status}: ${JSON.stringify(body)}`)
    return body as TaskView
  }
  return {
    emulator,
    issuer,
    outputs,
    as,
    with: withToken,
    create: async (task) => {
      const { status, body } = await alice('POST', '/v1/tasks', task)
      if (status !== 201) throw new Error(`POST of a task answered ${status}: ${JSON.stringify(body)}`)
      return body as TaskView
    },
    read,
    reaches: (id, state) =>
      until(`task ${id} to be ${state}`, async () => {
        const task = await read(id)
        if (task.state === state) return task
        throw new Error(`the task is ${task.state}: ${JSON.stringify(task)}`)
      }),
    row: async (tenant, id) => {
      const key = { kind: 'task', tenant, id } as const
      const { Item } = await dynamo.send(
        new GetItemCommand({
          TableName: output(outputs, 'TableName'),
          Key: { pk: { S: keyText(key) }, sk: { S: '.' } },
          ConsistentRead: true,
        }),
      )
      if (!Item) throw new Error(`the table has no row ${keyText(key)}`)
      return fromItem(Item) as TaskRow
    },
    sqs: new SQSClient({ ...client, useQueueUrlAsEndpoint: false }),
    scheduler: new SchedulerClient(client),
    lambda: new LambdaClient(client),
  }
}

/** An output of the stack. */
export const output = (outputs: Outputs, name: string): string => {
  const value = outputs[name]
  if (value === undefined) throw new Error(`the stack has no output ${name}; it has ${Object.keys(outputs).join(', ')}`)
  return value
}

/** The number of delayed messages of a queue. */
export const delayedCount = async ({ sqs }: Pick<Scene, 'sqs'>, QueueUrl: string): Promise<number> => {
  const AttributeNames = ['ApproximateNumberOfMessagesDelayed' as const]
  const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames }))
  return Number(Attributes?.ApproximateNumberOfMessagesDelayed)
}
