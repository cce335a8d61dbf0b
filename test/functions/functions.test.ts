import './env.ts'

import { DynamoDBClient, GetItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-dynamodb-streams'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import { routes } from '../../api/routes/index.ts'
import { LIMITS } from '../../core/limits.ts'
import { encodeNudge, nudgeOf } from '../../core/row/nudge.ts'
import { decideTask } from '../../core/task/decide.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { handler as api } from '../../functions/api.ts'
import { handler as control } from '../../functions/control.ts'
import { handler as deadLetters } from '../../functions/dead-letters.ts'
import { handler as execute } from '../../functions/execute.ts'
import { handler as publish } from '../../functions/publish.ts'
import { handler as relay } from '../../functions/relay.ts'
import { handler as sweep } from '../../functions/sweep.ts'
import { toItem } from '../../worlds/aws/dynamo/item.ts'
import { BUS, NORMAL, PUBLISH, RELAY } from './env.ts'
import { buried, call, context, failedBatch, message, record } from './events.ts'

for (const level of ['log', 'info', 'warn', 'error'] as const) vi.spyOn(console, level).mockImplementation(() => {})

const store = mockClient(DynamoDBClient)
const queue = mockClient(SQSClient)
const stream = mockClient(DynamoDBStreamsClient)
const bus = mockClient(EventBridgeClient)
const invoke = <Event, Result>(handler: (event: Event, context: never) => Result, event: Event) =>
  handler(event, context as never)

/** A new task that is due. */
const created = (): TaskRow =>
  decideTask({ kind: 'task', tenant: 'acme', id: 'a1' }, undefined, {
    name: 'create',
    at: Date.now(),
    by: 'user:alice',
    policy: { type: 'no-such-type', schema: 1, lane: 'normal', timeoutMs: 1_000, retry: { policy: 'none' } },
    input: { inline: {} },
    ready: true,
    notBefore: Date.now(),
  }) as TaskRow

const written = () => store.commandCalls(PutItemCommand).map(({ args }) => args[0].input.Item?.pk?.S)
const published = () => bus.commandCalls(PutEventsCommand).flatMap(({ args }) => args[0].input.Entries ?? [])
const sent = () => queue.commandCalls(SendMessageCommand).map(({ args }) => args[0].input)

beforeEach(() => {
  for (const client of [store, queue, stream, bus]) client.reset()
  bus.on(PutEventsCommand).resolves({ FailedEntryCount: 0 })
  store.on(GetItemCommand).resolves({})
  store.on(PutItemCommand).resolves({})
  store.on(QueryCommand).resolves({ Items: [] })
  queue.on(SendMessageCommand).resolves({})
})

describe('the executor', () => {
  test('quarantines and acknowledges a message that cannot be read', async () => {
    expect(await invoke(execute, { Records: [message('id', 'garbage')] })).toEqual({ batchItemFailures: [] })
    expect(written()).toContainEqual(expect.stringMatching(/^task\/carillon\/q/))
  })

  test('returns a message when the store is unavailable', async () => {
    store.on(GetItemCommand).rejects(new Error('throttled'))
    const body = encodeNudge(nudgeOf(created(), 0))
    expect(await invoke(execute, { Records: [message('id', body)] })).toEqual({ batchItemFailures: [{ itemIdentifier: 'id' }] })
  })

  test('sends an early nudge again with the remaining delay', async () => {
    const body = encodeNudge(nudgeOf(created(), Date.now() + 600_000))
    await invoke(execute, { Records: [message('id', body)] })
    expect(sent()).toMatchObject([{ MessageBody: body, QueueUrl: expect.stringMatching(/normal$/) }])
  })
})

describe('the control lane', () => {
  const nudge = { kind: 'gate', tenant: 'acme', id: 'key.erp', epoch: 1, lane: 'control', dueAt: 0 } as const

  test('acknowledges a nudge whose gate has a newer wake-up', async () => {
    const Records = [message('id', encodeNudge(nudge))]
    expect(await invoke(control, { Records })).toEqual({ batchItemFailures: [] })
    expect(written()).toEqual([])
  })

  test('returns a message when the store is unavailable', async () => {
    store.on(GetItemCommand).rejects(new Error('throttled'))
    const Records = [message('id', encodeNudge(nudge))]
    expect(await invoke(control, { Records })).toEqual({ batchItemFailures: [{ itemIdentifier: 'id' }] })
  })

  test('sends an early nudge again to its own queue', async () => {
    const body = encodeNudge({ ...nudge, dueAt: Date.now() + 600_000 })
    await invoke(control, { Records: [message('id', body)] })
    expect(sent()).toMatchObject([{ MessageBody: body, MessageGroupId: 'acme', QueueUrl: expect.stringMatching(/control$/) }])
  })
})

describe('the relay', () => {
  const NewImage = toItem(created())

  test('sends the nudge of a new task to its lane', async () => {
    expect(await invoke(relay, { Records: [record('task/acme/a1', '1', { NewImage })] })).toEqual({ batchItemFailures: [] })
    expect(sent()).toMatchObject([{ MessageGroupId: 'acme', QueueUrl: expect.stringMatching(/normal$/) }])
  })

  test('reports the failed record when the queue is unavailable', async () => {
    queue.on(SendMessageCommand).rejects(new Error('down'))
    const Records = [record('task/acme/a1', '7', { NewImage })]
    expect(await invoke(relay, { Records })).toEqual({ batchItemFailures: [{ itemIdentifier: '7' }] })
  })

  test('sends nothing for a document', async () => {
    await invoke(relay, { Records: [record('document/acme/a1/x', '1', { NewImage: { pk: { S: 'document/acme/a1/x' } } })] })
    expect(sent()).toEqual([])
  })
})

describe('the publisher', () => {
  const NewImage = toItem({ ...created(), events: 'all' })

  test('publishes on its bus and sends no nudge', async () => {
    expect(await invoke(publish, { Records: [record('task/acme/a1', '1', { NewImage })] })).toEqual({ batchItemFailures: [] })
    expect(published()).toMatchObject([{ EventBusName: BUS, DetailType: 'carillon.task.created' }])
    expect(sent()).toEqual([])
  })

  test('reports the failed record when the bus is unavailable, while the relay sends the nudge', async () => {
    bus.on(PutEventsCommand).rejects(new Error('down'))
    const Records = [record('task/acme/a1', '7', { NewImage })]
    expect(await invoke(publish, { Records })).toEqual({ batchItemFailures: [{ itemIdentifier: '7' }] })
    expect(await invoke(relay, { Records })).toEqual({ batchItemFailures: [] })
    expect(sent()).toHaveLength(1)
  })
})

describe('the function for dead letters', () => {
  const batch = { streamArn: 'arn:stream', shardId: 'shard', startSequenceNumber: '1', endSequenceNumber: '1' }
  const dead = failedBatch(RELAY, batch)

  test('rearms the task of a dead letter', async () => {
    const row = created()
    store.on(GetItemCommand).resolves({ Item: toItem(row) })
    await invoke(deadLetters, { Records: [buried(NORMAL, encodeNudge(nudgeOf(row, 0)))] })
    const [{ args } = { args: [] }] = store.commandCalls(PutItemCommand)
    expect(JSON.stringify(args)).toContain('moved to the lane:normal dead-letter queue')
  })

  test('relays a failed batch again, with its records from the stream', async () => {
    stream.on(GetShardIteratorCommand).resolves({ ShardIterator: 'here' })
    const Records = [{ dynamodb: { SequenceNumber: '1', NewImage: toItem(created()) } }]
    stream.on(GetRecordsCommand).resolves({ Records })
    expect(await invoke(deadLetters, { Records: [dead] })).toEqual({ batchItemFailures: [] })
    expect(sent()).toMatchObject([{ MessageGroupId: 'acme' }])
  })

  test('handles a change that fails again as a dead letter of its task', async () => {
    const row = created()
    stream.on(GetShardIteratorCommand).resolves({ ShardIterator: 'here' })
    stream.on(GetRecordsCommand).resolves({ Records: [{ dynamodb: { SequenceNumber: '1', NewImage: toItem(row) } }] })
    queue.on(SendMessageCommand).rejects(new Error('lane gone'))
    store.on(GetItemCommand).resolves({ Item: toItem(row) })
    expect(await invoke(deadLetters, { Records: [dead] })).toEqual({ batchItemFailures: [] })
    const [{ args } = { args: [] }] = store.commandCalls(PutItemCommand)
    expect(JSON.stringify(args)).toMatch(/"redeliveries":\{"N":"1"\}/)
    expect(JSON.stringify(args)).toContain('its wake-up was not relayed after 10 tries: lane gone')
  })

  test('publishes a failed batch of the publisher again and sends no nudge', async () => {
    stream.on(GetShardIteratorCommand).resolves({ ShardIterator: 'here' })
    const NewImage = toItem({ ...created(), events: 'all' })
    stream.on(GetRecordsCommand).resolves({ Records: [{ dynamodb: { SequenceNumber: '1', NewImage } }] })
    expect(await invoke(deadLetters, { Records: [failedBatch(PUBLISH, batch)] })).toEqual({ batchItemFailures: [] })
    expect(published()).toMatchObject([{ DetailType: 'carillon.task.created' }])
    expect(sent()).toEqual([])
  })

  test.each(['TrimmedDataAccessException', 'ResourceNotFoundException'])(
    'quarantines the message of a failed batch that cannot be read any more (%s), once',
    async (name) => {
      stream.on(GetShardIteratorCommand).rejects(Object.assign(new Error('gone'), { name }))
      for (const _ of ['first', 'repeated'])
        expect(await invoke(deadLetters, { Records: [dead] })).toEqual({ batchItemFailures: [] })
      const quarantined = written().filter((pk) => /^task\/carillon\/q/.test(pk ?? ''))
      expect(new Set(quarantined).size).toBe(1)
      expect(JSON.stringify(store.commandCalls(PutItemCommand).map(({ args }) => args[0].input))).toContain(`${name}: gone`)
    },
  )

  test('returns the message of a batch that fails again', async () => {
    stream.on(GetShardIteratorCommand).rejects(new Error('down'))
    expect(await invoke(deadLetters, { Records: [dead] })).toEqual({ batchItemFailures: [{ itemIdentifier: 'id' }] })
  })
})

describe('the sweep', () => {
  test('queries the watched wake-ups', async () => {
    await invoke(sweep, {})
    const indexes = store.commandCalls(QueryCommand).map(({ args }) => args[0].input.IndexName)
    expect(indexes).toContain('watch')
  })

  test('throws when the store is unavailable', async () => {
    store.on(QueryCommand).rejects(new Error('throttled'))
    await expect(invoke(sweep, {})).rejects.toThrow('throttled')
  })
})

describe('the API', () => {
  const role = { iam: { userArn: 'arn:aws:sts::111122223333:assumed-role/Caller/ann' } }
  const bodyOf = (answer: unknown) => JSON.parse((answer as { body: string }).body)

  test('answers a configured principal', async () =>
    expect(await invoke(api, call('GET /v1/task-types', role))).toMatchObject({ statusCode: 200 }))

  test('refuses a principal that is not configured as forbidden', async () => {
    const other = { iam: { userArn: 'arn:aws:sts::111122223333:assumed-role/Other/ann' } }
    const answer = await invoke(api, call('GET /v1/tasks', other))
    expect([answer, bodyOf(answer)]).toMatchObject([{ statusCode: 403 }, { code: 'forbidden' }])
  })

  test.each(routes)(
    'refuses $method $path without an authorizer as unauthenticated, and reads nothing',
    async ({ method, path }) => {
      store.reset()
      const answers = ['{id}', 'a1', 'no%2Fsuch'].map(async (id) => {
        const event = call(`${method} ${path}`, undefined, { pathParameters: { id, scope: id, gate: id }, body: '{}' })
        const { body, ...answer } = (await invoke(api, event)) as { body: string; statusCode: number }
        return { ...answer, problem: { ...JSON.parse(body), instance: '' } }
      })
      const [first, ...others] = await Promise.all(answers)
      expect(first).toMatchObject({ statusCode: 401, problem: { code: 'unauthenticated' } })
      for (const other of others) expect(other).toEqual(first)
      expect(store.calls()).toEqual([])
    },
  )

  test('answers 503 before its function ends, when a service does not answer', async () => {
    const asked = Promise.withResolvers<void>()
    store.on(GetItemCommand).callsFake(() => {
      asked.resolve()
      return new Promise(() => {})
    })
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const answering = invoke(api, call('GET /v1/tasks/{id}', role, { pathParameters: { id: 'a1' } }))
      await asked.promise
      vi.advanceTimersByTime(context.getRemainingTimeInMillis() - LIMITS.apiMarginMs)
      const answer = await answering
      expect([answer, bodyOf(answer)]).toMatchObject([
        { statusCode: 503, headers: { 'retry-after': '1' } },
        { code: 'unavailable', instance: '/v1/tasks/a1' },
      ])
    } finally {
      vi.useRealTimers()
    }
  })

  test('creates a task for the tenant of its caller', async () => {
    const request = {
      body: JSON.stringify({ type: 'http', input: { url: 'https://example.com' } }),
      headers: { 'content-type': 'application/json' },
    }
    const answer = await invoke(api, call('POST /v1/tasks', role, request))
    expect([answer, bodyOf(answer)]).toMatchObject([{ statusCode: 201 }, { tenant: 'acme', state: 'scheduled' }])
    expect(written()).toContainEqual(`task/acme/${bodyOf(answer).id}`)
  })

  test('lists the allowed methods of a path', async () =>
    expect(await invoke(api, call('DELETE /v1/tasks', role))).toMatchObject({
      statusCode: 405,
      headers: { allow: expect.stringContaining('POST') },
    }))

  test('answers an error of the store with status 503', async () => {
    store.on(GetItemCommand).rejects(new Error('throttled'))
    expect(await invoke(api, call('GET /v1/tasks/abc', role))).toMatchObject({ statusCode: 503 })
  })
})
