import {
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  type GetRecordsCommandOutput,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams'
import { LIMITS } from '../../core/limits.ts'
import type { Change } from '../../engine/message.ts'
import { changeOf } from './stream.ts'

/** Which records a dead batch of the relay, or of the publisher, held, in the words of Lambda's on-failure message (`DDBStreamBatchInfo`). */
export type StreamBatch = {
  readonly streamArn: string
  readonly shardId: string
  readonly startSequenceNumber: string
  readonly endSequenceNumber: string
}

/**
 * Reads the changes of a dead batch from the stream once more, which keeps them for 24 hours. Its message names the
 * records and does not hold them.
 *
 * @throws `TrimmedDataAccessException` of the SDK when the stream has let go of them; an Error when the shard ends, or
 *   goes on without end, before the batch's last record
 */
export const readStream = async (client: DynamoDBStreamsClient, batch: StreamBatch): Promise<readonly Change[]> => {
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
      if (sequence > last) return changes
      const change = changeOf(record)
      if (change) changes.push(change)
      if (sequence === last) return changes
    }
    iterator = page.NextShardIterator
  }
  throw new Error(`shard ${shardId} of ${streamArn} did not come to record ${endSequenceNumber} after ${changes.length} changes`)
}
