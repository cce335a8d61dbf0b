import {
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams'
import { LIMITS } from '../../core/limits.ts'
import type { Change } from '../../engine/message.ts'
import { fromItem, type Item, isRow } from './dynamo/item.ts'

/** The part of a stream record that is read here. It is the same in Lambda's event and in the streams API. */
export type StreamRecord = {
  readonly dynamodb?: { readonly OldImage?: object | undefined; readonly NewImage?: object | undefined } | undefined
}

/**
 * The change in a record of the table's stream. Undefined for a document or an entry: those have no consequences.
 *
 * @example event.Records.map(changeOf) // [{ after: { kind: 'task', … } }, undefined, …]
 */
export const changeOf = ({ dynamodb }: StreamRecord): Change | undefined => {
  const before = rowOf(dynamodb?.OldImage)
  const after = rowOf(dynamodb?.NewImage)
  return before || after ? { ...(before ? { before } : {}), ...(after ? { after } : {}) } : undefined
}

/** Lambda and the SDK have different types for the same images. */
const rowOf = (image: object | undefined) => (image && isRow(image as Item) ? fromItem(image as Item) : undefined)

/** The records of a dead batch of the relay or the publisher, as Lambda's on-failure message names them (`DDBStreamBatchInfo`). */
export type StreamBatch = {
  readonly streamArn: string
  readonly shardId: string
  readonly startSequenceNumber: string
  readonly endSequenceNumber: string
}

/** The changes of a dead batch; or why no later try can read it. */
export type ReadBatch = { readonly changes: readonly Change[] } | { readonly gone: string }

/**
 * Reads the changes of a dead batch again from the stream, which keeps them for 24 hours. The on-failure message has only
 * the positions of the records, not their content.
 *
 * @returns `gone` when the records, the shard or the stream no longer exist: another try would not find them either
 * @throws a fault of the service, which another try may not have
 */
export const readStream = async (client: DynamoDBStreamsClient, batch: StreamBatch): Promise<ReadBatch> => {
  try {
    return await readRecords(client, batch)
  } catch (error) {
    if (error instanceof Error && GONE.has(error.name)) return { gone: `${error.name}: ${error.message}` }
    throw error
  }
}

/** The errors of the streams API that no later try mends. Source: the errors of GetShardIterator and GetRecords in its API reference. */
const GONE: ReadonlySet<string> = new Set([
  'TrimmedDataAccessException',
  // The shard has been trimmed as a whole, or the stream was deleted or replaced.
  'ResourceNotFoundException',
  'ExpiredIteratorException',
  // The role may read the present stream only, so this is a stream of a table that was replaced.
  'AccessDeniedException',
  // The position is not one of this stream.
  'ValidationException',
])

const readRecords = async (client: DynamoDBStreamsClient, batch: StreamBatch): Promise<ReadBatch> => {
  const { streamArn, shardId, startSequenceNumber, endSequenceNumber } = batch
  const start = { StreamArn: streamArn, ShardId: shardId, SequenceNumber: startSequenceNumber }
  const first = await client.send(new GetShardIteratorCommand({ ...start, ShardIteratorType: 'AT_SEQUENCE_NUMBER' }))
  const last = BigInt(endSequenceNumber)
  const changes: Change[] = []
  let iterator = first.ShardIterator
  for (let reads = 0; iterator && reads < LIMITS.streamReadsCount; reads++) {
    const page: GetRecordsCommandOutput = await client.send(new GetRecordsCommand({ ShardIterator: iterator }))
    for (const record of page.Records ?? []) {
      const sequence = BigInt(record.dynamodb?.SequenceNumber ?? 0)
      if (sequence > last) return { changes }
      const change = changeOf(record)
      if (change) changes.push(change)
      if (sequence === last) return { changes }
    }
    iterator = page.NextShardIterator
  }
  return { gone: `record ${endSequenceNumber} was not found in shard ${shardId} of ${streamArn}` }
}
