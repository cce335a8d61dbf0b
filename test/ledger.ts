import {
  ConditionalCheckFailedException,
  type ConsumedCapacity,
  DynamoDBClient,
  type ServiceInputTypes,
  type ServiceOutputTypes,
} from '@aws-sdk/client-dynamodb'
import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { CreateScheduleCommand, DeleteScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { RELAYED_KINDS } from '../core/consequences.ts'
import { registryOf, type TaskType } from '../core/define.ts'
import type { DurationMs } from '../core/duration.ts'
import type { Instant } from '../core/instant.ts'
import { CONTROL_LANE, DEFAULT_LANES } from '../core/lanes.ts'
import { decodeNudge } from '../core/row/nudge.ts'
import type { App } from '../engine/app.ts'
import { control } from '../engine/control.ts'
import { execute } from '../engine/execute/execute.ts'
import { relay } from '../engine/relay.ts'
import type { World } from '../engine/world.ts'
import { itemBytes } from '../worlds/aws/dynamo/item-size.ts'
import { dynamoStore } from '../worlds/aws/dynamo/store.ts'
import { schedulerTimers } from '../worlds/aws/scheduler.ts'
import { sqsQueue } from '../worlds/aws/sqs.ts'
import { changeOf } from '../worlds/aws/stream.ts'
import { randomIds } from '../worlds/aws/system.ts'
import type { DynamoDbLocal } from './contract/dynamodb-local.ts'
import { tailStream } from './contract/stream-tail.ts'

/** The cost of a scenario: requests and units as AWS bills them. */
export type Bill = {
  writeUnits: number
  readUnits: number
  transactions: number
  /** Messages sent by Carillon and by fired timers. */
  messages: number
  timers: number
  /** Changes relayed and messages executed: the number of invocations if each batch has one record. */
  relayed: number
  executed: number
}

const NOTHING: Bill = { writeUnits: 0, readUnits: 0, transactions: 0, messages: 0, timers: 0, relayed: 0, executed: 0 }

/** A Carillon with a real store (DynamoDB Local), counted fakes of the other services, and a clock that the ledger advances. */
export type Ledger = {
  readonly world: World
  readonly app: App
  /** Runs `action` and all work that follows from it within `withinMs`; returns the total cost. */
  readonly billOf: (action: () => Promise<unknown>, withinMs?: DurationMs) => Promise<Bill>
  /** Lets time pass. Messages that have not arrived by then are lost. */
  readonly loseMessages: (ms: DurationMs) => void
}

const lanes = Object.fromEntries(
  [...Object.keys(DEFAULT_LANES), CONTROL_LANE.name].map((name) => [name, `https://sqs.example/${name}`]),
)

/** Creates a table and a ledger on it. */
export const openLedger = async (local: DynamoDbLocal, types: readonly TaskType[]): Promise<Ledger> => {
  const table = await local.makeTable()
  const { connection } = local
  const client = new DynamoDBClient(connection)
  const tail = await tailStream(client, new DynamoDBStreamsClient(connection), table)
  let bill = { ...NOTHING }
  client.middlewareStack.add(
    count(() => bill),
    { step: 'initialize' },
  )

  // Sent messages and armed timers, with the times at which they arrive.
  let pending: readonly { readonly at: number; readonly body: string; readonly timer?: string }[] = []
  let now = Date.now()
  // Instances are replaced and not their classes, which other files of the process use.
  const [sqs, scheduler] = [new SQSClient(connection), new SchedulerClient(connection)]
  mockClient(sqs)
    .on(SendMessageCommand)
    .callsFake(({ MessageBody, DelaySeconds }) => {
      bill.messages++
      pending = [...pending, { at: now + DelaySeconds * 1_000, body: MessageBody }]
      return {}
    })
  mockClient(scheduler)
    .on(CreateScheduleCommand)
    .callsFake(({ Name, ScheduleExpression, Target }) => {
      bill.timers++
      pending = [...pending, { at: Date.parse(`${ScheduleExpression.slice(3, -1)}Z`), body: Target.Input, timer: Name }]
      return {}
    })
    .on(DeleteScheduleCommand)
    .callsFake(({ Name }) => {
      pending = pending.filter(({ timer }) => timer !== Name)
      return {}
    })

  const world: World = {
    store: dynamoStore({ client, table }),
    queue: sqsQueue(sqs, lanes),
    timers: schedulerTimers(scheduler, {
      scheduleGroup: 'g',
      timerRoleArn: 'r',
      timerDeadLetterArn: 'arn:aws:sqs:us-east-1:111122223333:d',
      queues: lanes,
    }),
    bus: { publish: async () => {} },
    // A sleep ends only by its signal, so no timeout occurs.
    clock: { now: () => now, sleep: (_, signal) => new Promise((resolve) => signal?.addEventListener('abort', () => resolve())) },
    ids: randomIds,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    meter: { add: () => {} },
  }
  const app: App = { types: registryOf(types), lanes: DEFAULT_LANES, retentionMs: 86_400_000, environmentId: 'ledger' }

  const relayChanges = async (): Promise<boolean> => {
    const records = await tail.next()
    for (const record of records) {
      const change = changeOf(record)
      const kind = (change?.after ?? change?.before)?.kind
      if (!change || !RELAYED_KINDS.some((relayed) => relayed === kind)) continue
      bill.relayed++
      await relay(world, change)
    }
    return records.length > 0
  }
  const deliver = async (until: Instant): Promise<boolean> => {
    const [next, ...rest] = pending.toSorted((a, b) => a.at - b.at)
    if (!next || next.at > until) return false
    pending = rest
    now = Math.max(now, next.at)
    if (next.timer) bill.messages++
    bill.executed++
    const step = decodeNudge(next.body)?.lane === CONTROL_LANE.name ? control : execute
    const { delivery } = await step(world, app, { id: 'm', body: next.body, receiveCount: 1 })
    if (delivery !== 'acknowledge')
      throw new Error(`the message was returned, although no scenario of the ledger expects this: ${next.body}`)
    return true
  }
  const billOf: Ledger['billOf'] = async (action, withinMs = Number.POSITIVE_INFINITY) => {
    bill = { ...NOTHING }
    await action()
    const until = now + withinMs
    while ((await relayChanges()) || (await deliver(until)));
    // A copy, because the later reads of the test must not be counted.
    return { ...bill }
  }
  const loseMessages: Ledger['loseMessages'] = (ms) => {
    now += ms
    pending = []
  }
  return { world, app, billOf, loseMessages }
}

type Next = (args: { input: ServiceInputTypes }) => Promise<{ output: ServiceOutputTypes; response: unknown }>

/** Adds up the capacity that DynamoDB reports. A failed condition is billed too; its units follow from the error. */
const count =
  (bill: () => Bill) =>
  (next: Next, { commandName = '' }: { commandName?: string }): Next =>
  async (args) => {
    const writes = /^(Put|Update|Delete|BatchWrite|TransactWrite)/.test(commandName)
    if (commandName.startsWith('Transact')) bill().transactions++
    const add = (units: number) => {
      if (writes) bill().writeUnits += units
      else bill().readUnits += units
    }
    try {
      const answer = await next({ ...args, input: { ...args.input, ReturnConsumedCapacity: 'INDEXES' } as ServiceInputTypes })
      const { ConsumedCapacity = [] } = answer.output as { ConsumedCapacity?: ConsumedCapacity | readonly ConsumedCapacity[] }
      // DynamoDB Local counts nothing for a query without a result; DynamoDB bills the least that a read can cost.
      const least = commandName !== 'QueryCommand' ? 0 : (args.input as { ConsistentRead?: boolean }).ConsistentRead ? 1 : 0.5
      for (const { CapacityUnits = 0 } of [ConsumedCapacity].flat()) add(Math.max(CapacityUnits, least))
      return answer
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) add(Math.max(1, Math.ceil(itemBytes(error.Item ?? {}) / 1_024)))
      throw error
    }
  }
