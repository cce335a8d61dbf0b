import './env.ts'

import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient } from '@aws-sdk/client-eventbridge'
import { SchedulerClient } from '@aws-sdk/client-scheduler'
import { SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { decideTask } from '../../core/task/decide.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { Step } from '../../engine/needs.ts'
import { toItem } from '../../worlds/aws/dynamo/item.ts'
import { resourcesOf, templateOf } from '../lib/synth.ts'
import { DEAD_LETTERS } from './env.ts'
import { call, context, message, record } from './events.ts'

const store = mockClient(DynamoDBClient)
const others = [SQSClient, EventBridgeClient, SchedulerClient].map((client) => mockClient(client as typeof SQSClient))
const written = () => store.commandCalls(PutItemCommand).map(({ args }) => args[0].input.Item?.pk?.S ?? '')
const whole = { ...process.env }

beforeEach(() => {
  for (const client of [store, ...others]) client.reset()
  store.on(GetItemCommand).resolves({})
  store.on(PutItemCommand).resolves({})
  store.on(QueryCommand).resolves({ Items: [] })
  vi.resetModules()
})
afterEach(() => void Object.assign(process.env, whole))

const scheduled = decideTask({ kind: 'task', tenant: 'acme', id: 'a1' }, undefined, {
  name: 'create',
  at: 1_000,
  by: 'user:alice',
  policy: { type: 'greet', schema: 1, lane: 'normal', timeoutMs: 1_000, retry: { policy: 'none' } },
  input: { inline: {} },
  ready: true,
  notBefore: 1_000,
}) as TaskRow
const cancelled = decideTask(scheduled, scheduled, { name: 'cancel', at: 2_000, by: 'user:alice', retentionMs: 1 }) as TaskRow

const audited = { Records: [record('task/acme/a1', '1', { OldImage: toItem(scheduled), NewImage: toItem(cancelled) })] }
const garbage = { Records: [message('id', 'garbage', { eventSourceARN: DEAD_LETTERS })] }

/** An event for the function of each step, and a partition that the function writes for it. */
const CASES: Readonly<Record<Step, { readonly event: unknown; readonly writes?: RegExp }>> = {
  api: { event: call('GET /v1/health', { jwt: { claims: { sub: 'alice', tenant: 'acme', scope: 'carillon/read' } } }) },
  relay: { event: audited, writes: /^audit\/acme/ },
  publish: { event: audited },
  execute: { event: garbage, writes: /^task\/carillon\/q/ },
  control: { event: garbage, writes: /^task\/carillon\/q/ },
  'dead-letters': { event: garbage, writes: /^task\/carillon\/q/ },
  sweep: { event: {} },
}

const functions = resourcesOf(templateOf(), 'AWS::Lambda::Function')

test.each(Object.entries(CASES))(
  'the deployed function of %s has every variable that it reads',
  async (step, { event, writes }) => {
    const faults = vi.spyOn(console, 'error').mockImplementation(() => {})
    for (const level of ['log', 'info', 'warn'] as const) vi.spyOn(console, level).mockImplementation(() => {})
    const deployed = Object.values(functions).find(
      ({ Properties }) => Properties.Environment?.Variables?.POWERTOOLS_SERVICE_NAME === `carillon-${step}`,
    )
    const variables = Object.keys(deployed?.Properties.Environment.Variables ?? {})
    expect(variables.length).toBeGreaterThan(1)
    for (const name of Object.keys(process.env))
      if (name.startsWith('CARILLON_') && !variables.includes(name)) delete process.env[name]

    const { handler } = await import(`../../functions/${step}.ts`)
    const answer = await handler(event, context as never)
    expect(faults.mock.calls.filter(([line]) => String(line).includes('environment variable'))).toEqual([])
    if (step === 'api') expect(answer).toMatchObject({ statusCode: 200 })
    else if (step !== 'sweep') expect(answer).toEqual({ batchItemFailures: [] })
    if (writes) expect(written()).toContainEqual(expect.stringMatching(writes))
  },
)
