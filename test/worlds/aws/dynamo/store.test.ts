import { BatchGetItemCommand, DynamoDBClient, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { LIMITS } from '../../../../core/limits.ts'
import { keyText } from '../../../../core/row/key.ts'
import { entryPartition, listPartitions } from '../../../../worlds/aws/dynamo/entries.ts'
import { toItem } from '../../../../worlds/aws/dynamo/item.ts'
import { dynamoStore } from '../../../../worlds/aws/dynamo/store.ts'
import { create, rowAfter } from '../rows.ts'

const dynamo = mockClient(DynamoDBClient)
const store = dynamoStore({ client: new DynamoDBClient({ region: 'us-east-1' }), table: 'carillon' })
const row = rowAfter(create())
const ids = (count: number) => Array.from({ length: count }, (_, at) => `id-${at}`)
const itemOf = (id: string) => toItem({ ...row, id })
const requestedKeys = () =>
  dynamo.commandCalls(BatchGetItemCommand).map(({ args }) => args[0].input.RequestItems?.carillon?.Keys ?? [])

beforeEach(() => dynamo.reset())

describe('a rare answer of DynamoDB', () => {
  it('that has part of a batch: the rest is requested again', async () => {
    const [first, second] = ['id-0', 'id-1']
    const rest = [{ pk: { S: keyText({ ...row, id: 'id-1' }) }, sk: { S: '.' } }]
    dynamo
      .on(BatchGetItemCommand)
      .resolvesOnce({ Responses: { carillon: [itemOf(first)] }, UnprocessedKeys: { carillon: { Keys: rest } } })
      .resolves({ Responses: { carillon: [itemOf(second)] } })
    expect((await store.getTasks('contoso', [second, first])).map(({ id }) => id)).toEqual([second, first])
    expect(requestedKeys()[1]).toEqual(rest)
  })

  it('that never has a part of a batch: an error says how many items are missing', async () => {
    dynamo.on(BatchGetItemCommand).callsFake((input) => ({ Responses: {}, UnprocessedKeys: input.RequestItems }))
    await expect(store.getTasks('contoso', ids(3))).rejects.toThrow('did not return 3 of 3 items in 5 tries')
    expect(requestedKeys()).toHaveLength(LIMITS.storeTriesCount)
  })

  it('that may be stale is read at half the price, in batches', async () => {
    dynamo.on(BatchGetItemCommand).callsFake((input) => ({
      Responses: {
        carillon: input.RequestItems.carillon.Keys.map(({ pk }: { pk: { S: string } }) => itemOf(pk.S.split('/')[2] ?? '')),
      },
    }))
    const wanted = ids(2 * LIMITS.storeBatchCount + 1)
    expect((await store.getTasks('contoso', wanted, 'mayBeStale')).map(({ id }) => id)).toEqual(wanted)
    const consistent = () =>
      dynamo.commandCalls(BatchGetItemCommand).map(({ args }) => args[0].input.RequestItems?.carillon?.ConsistentRead)
    expect(consistent()).toEqual([false, false, false])
    await store.getTasks('contoso', ['id-0'])
    expect(consistent().at(-1)).toBe(true)
  })

  it('that has part of a page of a query: the rest is requested', async () => {
    const key = (at: number) => ({ ...itemOf('x'), agendaAt: { S: `${String(at).padStart(16, '0')}#x` } })
    dynamo.on(QueryCommand).callsFake(({ ExpressionAttributeValues, ExclusiveStartKey }) => {
      if (ExpressionAttributeValues[':partition'].S !== 'contoso#0') return { Items: [] }
      return ExclusiveStartKey ? { Items: [key(2)] } : { Items: [key(1)], LastEvaluatedKey: key(1) }
    })
    expect(await store.agenda({ tenant: 'contoso', order: 'earliest', limit: 5 })).toEqual([
      { at: 1, id: 'x' },
      { at: 2, id: 'x' },
    ])
  })

  it('that is an error: it is rethrown unchanged', async () => {
    dynamo.on(PutItemCommand).rejects(new Error('throttled'))
    await expect(store.put(row, 0)).rejects.toThrow('throttled')
    await expect(store.putDocument('contoso', row.id, 'abc', 'text')).rejects.toThrow('throttled')
  })
})

describe('a document', () => {
  const end = 1_800_000_000_000
  it.each([
    ['for ever, when it has no end', undefined, undefined],
    ['until the second after its forgetAt', end - 1, { N: String(end / 1_000) }],
  ])('is written without a condition and kept %s', async (_, forgetAt, ttl) => {
    dynamo.on(PutItemCommand).resolves({})
    await store.putDocument('contoso', row.id, 'abc', 'text', forgetAt)
    const Item = { pk: { S: `document/contoso/${row.id}/abc` }, sk: { S: '.' }, text: { S: 'text' }, ...(ttl ? { ttl } : {}) }
    expect(dynamo.commandCalls(PutItemCommand).map(({ args }) => args[0].input)).toEqual([{ TableName: 'carillon', Item }])
  })
})

describe('an ordered list', () => {
  const line = { list: 'waitlist', tenant: 'contoso', id: 'erp' } as const
  const item = (at: string) => ({ pk: { S: entryPartition(line, at) }, sk: { S: at }, value: { S: `"${at}"` } })
  const queries = () => dynamo.commandCalls(QueryCommand).map(({ args }) => args[0].input)

  it('is read consistently from every partition of the table, page by page, up to the limit', async () => {
    const [first = ''] = listPartitions(line)
    dynamo.on(QueryCommand).callsFake(({ ExpressionAttributeValues, ExclusiveStartKey }) => {
      if (ExpressionAttributeValues[':list'].S !== first) return { Items: [] }
      return ExclusiveStartKey
        ? { Items: [item('2'), item('3')], LastEvaluatedKey: item('3') }
        : { Items: [item('1')], LastEvaluatedKey: item('1') }
    })
    expect(await store.entries(line, { after: '0', limit: 3 })).toEqual(['1', '2', '3'].map((at) => ({ at, value: at })))
    const partitions = queries().map((query) => query.ExpressionAttributeValues?.[':list']?.S)
    expect(partitions).toEqual([...listPartitions(line), first])
    for (const query of queries()) expect(query).toMatchObject({ TableName: 'carillon', ConsistentRead: true })
    for (const query of queries()) expect(query).not.toHaveProperty('IndexName')
  })

  it('keeps an entry until the second after its forgetAt', async () => {
    dynamo.on(PutItemCommand).resolves({})
    await store.putEntry(line, { at: '1', value: '1' }, 1_800_000_000_001)
    expect(dynamo.commandCalls(PutItemCommand).map(({ args }) => args[0].input)).toEqual([
      { TableName: 'carillon', Item: { ...item('1'), ttl: { N: '1800000001' } } },
    ])
  })
})

describe('several tasks', () => {
  it('are read a hundred at a time, each one once', async () => {
    dynamo.on(BatchGetItemCommand).resolves({ Responses: { carillon: [] } })
    await store.getTasks('contoso', [...ids(250), ...ids(250)])
    expect(requestedKeys().map((keys) => keys.length)).toEqual([100, 100, 50])
  })

  it('make no request when there is no id', async () => {
    expect(await store.getTasks('contoso', [])).toEqual([])
    expect(dynamo.calls()).toEqual([])
  })
})
