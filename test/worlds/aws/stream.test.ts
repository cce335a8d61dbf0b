import { DynamoDBStreamsClient, GetRecordsCommand, GetShardIteratorCommand } from '@aws-sdk/client-dynamodb-streams'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { toItem } from '../../../worlds/aws/dynamo/item.ts'
import { changeOf, readStream } from '../../../worlds/aws/stream.ts'
import { claim, create, rowAfter, succeed, tenant } from './rows.ts'

const born = rowAfter(create())
const claimed = rowAfter(create(), claim)
const done = rowAfter(create(), claim, succeed)
const document = { pk: { S: 'document/contoso/1/abc' }, sk: { S: '.' }, text: { S: 'long' } }
const entry = { pk: { S: 'line/contoso/erp' }, sk: { S: '1' }, value: { S: '{}' } }

describe('a record of the stream', () => {
  it('is a creation, a change or a deletion', () => {
    expect(changeOf({ dynamodb: { NewImage: toItem(born) } })).toEqual({ after: born })
    expect(changeOf({ dynamodb: { OldImage: toItem(claimed), NewImage: toItem(done) } })).toEqual({
      before: claimed,
      after: done,
    })
    expect(changeOf({ dynamodb: { OldImage: toItem(done) } })).toEqual({ before: done })
  })

  it('of a tenant is a change', () => {
    expect(changeOf({ dynamodb: { NewImage: toItem(tenant) } })).toEqual({ after: tenant })
  })

  it('of a document is no change', () => {
    expect(changeOf({ dynamodb: { NewImage: document } })).toBeUndefined()
    expect(changeOf({ dynamodb: { OldImage: document } })).toBeUndefined()
    expect(changeOf({})).toBeUndefined()
  })

  it('of an entry is no change', () => {
    expect(changeOf({ dynamodb: { NewImage: entry } })).toBeUndefined()
    expect(changeOf({ dynamodb: { OldImage: entry } })).toBeUndefined()
  })
})

describe('reading a dead batch again', () => {
  const streams = mockClient(DynamoDBStreamsClient)
  const client = new DynamoDBStreamsClient({ region: 'us-east-1' })
  const batch = { streamArn: 'arn:stream', shardId: 'shard-1', startSequenceNumber: '100', endSequenceNumber: '300' }
  const record = (SequenceNumber: string, NewImage: object = toItem(born)) => ({
    dynamodb: { SequenceNumber, NewImage: NewImage as ReturnType<typeof toItem> },
  })

  beforeEach(() => {
    streams.reset()
    streams.on(GetShardIteratorCommand).resolves({ ShardIterator: 'first' })
  })

  it('reads from its first to its last record, across empty pages and documents', async () => {
    streams
      .on(GetRecordsCommand, { ShardIterator: 'first' })
      .resolves({ Records: [record('100'), record('150', document)], NextShardIterator: 'second' })
      .on(GetRecordsCommand, { ShardIterator: 'second' })
      .resolves({ Records: [], NextShardIterator: 'third' })
      .on(GetRecordsCommand, { ShardIterator: 'third' })
      .resolves({ Records: [record('300'), record('400')], NextShardIterator: 'fourth' })
    expect(await readStream(client, batch)).toEqual({ changes: [{ after: born }, { after: born }] })
    expect(streams.commandCalls(GetShardIteratorCommand)[0]?.args[0].input).toEqual({
      StreamArn: 'arn:stream',
      ShardId: 'shard-1',
      SequenceNumber: '100',
      ShardIteratorType: 'AT_SEQUENCE_NUMBER',
    })
    expect(streams.commandCalls(GetRecordsCommand)).toHaveLength(3)
  })

  it.each([
    ['the shard ends before the last record', { Records: [record('100')] }],
    ['the last record does not come', { Records: [], NextShardIterator: 'again' }],
  ])('finds the batch gone when %s', async (_, page) => {
    streams.on(GetRecordsCommand).resolves(page)
    expect(await readStream(client, batch)).toEqual({ gone: 'record 300 was not found in shard shard-1 of arn:stream' })
  })

  const named = (name: string) => Object.assign(new Error('no such thing'), { name })
  const final = [
    'TrimmedDataAccessException',
    'ResourceNotFoundException',
    'ExpiredIteratorException',
    'AccessDeniedException',
    'ValidationException',
  ]

  it.each(final)('finds the batch gone at %s, at either call', async (name) => {
    streams.on(GetRecordsCommand).rejects(named(name))
    expect(await readStream(client, batch)).toEqual({ gone: `${name}: no such thing` })
    streams.on(GetShardIteratorCommand).rejects(named(name))
    expect(await readStream(client, batch)).toEqual({ gone: `${name}: no such thing` })
  })

  it.each(['LimitExceededException', 'InternalServerError', 'ThrottlingException', 'TimeoutError'])(
    'throws %s, which a later try may not have',
    async (name) => {
      streams.on(GetRecordsCommand).rejects(named(name))
      await expect(readStream(client, batch)).rejects.toThrow('no such thing')
    },
  )
})
