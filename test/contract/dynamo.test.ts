import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { dynamoStore } from '../../worlds/aws/dynamo/store.ts'
import { changeOf, readStream, type StreamBatch } from '../../worlds/aws/stream.ts'
import { claim, create, rowAfter, succeed } from '../worlds/aws/rows.ts'
import { type DynamoDbLocal, dynamoDbLocalRuns, openDynamoDbLocal } from './dynamodb-local.ts'
import { storeContract } from './store.contract.ts'
import { type StreamTail, tailStream } from './stream-tail.ts'

describe.skipIf(!dynamoDbLocalRuns)('with DynamoDB Local', () => {
  let local: DynamoDbLocal
  beforeAll(async () => {
    local = await openDynamoDbLocal()
  })
  afterAll(() => local.close())

  storeContract('DynamoDB', async () => ({
    store: dynamoStore({ client: local.client, table: await local.makeTable() }),
    eventually: (expectation) => vi.waitFor(expectation, { timeout: 10_000 }),
    close: async () => {},
  }))

  describe('the stream', () => {
    let streams: DynamoDBStreamsClient
    let tail: StreamTail
    const [created, claimed, done] = [rowAfter(create()), rowAfter(create(), claim), rowAfter(create(), claim, succeed)]

    beforeAll(async () => {
      const table = await local.makeTable()
      streams = new DynamoDBStreamsClient(local.connection)
      tail = await tailStream(local.client, streams, table)
      const store = dynamoStore({ client: local.client, table })
      await store.put(created, 0)
      await store.putDocument(created.tenant, created.id, 'x', 'a document is no change')
      await store.put(claimed, 1)
      await store.put(claimed, 1)
      await store.put(done, 2)
    })
    afterAll(() => streams.destroy())

    it('has each committed change once, in order, with the row before and after; a dead batch is read the same again', async () => {
      const records = await tail.next()
      const changes = records.map(changeOf).filter((change) => change !== undefined)
      expect(changes).toStrictEqual([{ after: created }, { before: created, after: claimed }, { before: claimed, after: done }])
      const [first, last] = [records.at(0), records.at(-1)].map((record) => record?.dynamodb?.SequenceNumber ?? '')
      const batch = {
        streamArn: tail.arn,
        shardId: tail.shardId,
        startSequenceNumber: first ?? '',
        endSequenceNumber: last ?? '',
      }
      expect(await readStream(streams, batch)).toStrictEqual({ changes })
      expect(await readStream(streams, { ...batch, endSequenceNumber: first ?? '' })).toStrictEqual({
        changes: [{ after: created }],
      })
    })

    it.each<readonly [string, (batch: StreamBatch) => Partial<StreamBatch>]>([
      ['shard', ({ shardId }) => ({ shardId: shardId.replace(/\d{4}(?=-|$)/, '0000') })],
      ['stream', ({ streamArn }) => ({ streamArn: streamArn.replace(/[^/]+$/, '2020-01-01T00:00:00.000') })],
    ])('answers for a %s that is gone that it cannot be read', async (_, vanished) => {
      const [startSequenceNumber, endSequenceNumber] = ['1'.padStart(21, '0'), '2'.padStart(21, '0')]
      const batch = { streamArn: tail.arn, shardId: tail.shardId, startSequenceNumber, endSequenceNumber }
      const gone = { ...batch, ...vanished(batch) }
      expect(gone).not.toEqual(batch)
      expect(await readStream(streams, gone)).toEqual({ gone: expect.stringMatching(/^ResourceNotFoundException: /) })
    })
  })
})
