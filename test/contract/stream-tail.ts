import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  type _Record,
  DescribeStreamCommand,
  type DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
} from '@aws-sdk/client-dynamodb-streams'

/** The stream records of a table since the last call; at the first call, all of them. */
export type StreamTail = { readonly arn: string; readonly shardId: string; readonly next: () => Promise<readonly _Record[]> }

/** Reads the stream of a table on DynamoDB Local, where a new table has one shard. */
export const tailStream = async (client: DynamoDBClient, streams: DynamoDBStreamsClient, table: string): Promise<StreamTail> => {
  const { Table } = await client.send(new DescribeTableCommand({ TableName: table }))
  const arn = Table?.LatestStreamArn
  const described = await streams.send(new DescribeStreamCommand({ StreamArn: arn }))
  const shardId = described.StreamDescription?.Shards?.[0]?.ShardId
  if (!arn || !shardId) throw new Error(`table ${table} has no stream with a shard`)
  const from = { StreamArn: arn, ShardId: shardId, ShardIteratorType: 'TRIM_HORIZON' } as const
  let { ShardIterator } = await streams.send(new GetShardIteratorCommand(from))
  const next = async (): Promise<readonly _Record[]> => {
    const page = await streams.send(new GetRecordsCommand({ ShardIterator }))
    ShardIterator = page.NextShardIterator
    return page.Records ?? []
  }
  return { arn, shardId, next }
}
