import { QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb'
import type { Item } from './item.ts'
import type { Dynamo } from './store.ts'
import { type IndexName, TABLE } from './table.ts'

/** From `low` to `high`, both included; but not the key `beyond`, which a page before has answered. */
export type Range = { readonly low: string; readonly high: string; readonly beyond?: string }

type SortKeys = Range & {
  readonly index: IndexName
  readonly partitions: readonly string[]
  readonly backwards?: boolean
  readonly limit: number
}

/**
 * The first sort keys of a range, over all the partitions together. Each partition is asked for a whole page, so that the
 * page merged from them is exact wherever the keys lie.
 */
export const sortKeys = async (dynamo: Dynamo, query: SortKeys): Promise<readonly string[]> => {
  const { low, high, beyond, partitions, backwards = false, limit } = query
  // DynamoDB calls an empty range an error.
  if (low > high || limit <= 0) return []
  const pages = await Promise.all(partitions.map((partition) => page(dynamo, query, partition)))
  const sorted = pages
    .flat()
    .filter((key) => key !== beyond)
    .sort()
  return (backwards ? sorted.reverse() : sorted).slice(0, limit)
}

const page = async ({ client, table }: Dynamo, query: SortKeys, partition: string): Promise<readonly string[]> => {
  const index = TABLE.indexes[query.index]
  // One more than the page, because `beyond` may be among them.
  const wanted = query.limit + 1
  const input: QueryCommandInput = {
    TableName: table,
    IndexName: query.index,
    KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :low AND :high',
    ExpressionAttributeNames: { '#partition': index.partition, '#sort': index.sort },
    ExpressionAttributeValues: { ':partition': { S: partition }, ':low': { S: query.low }, ':high': { S: query.high } },
    ScanIndexForward: !query.backwards,
  }
  const found: string[] = []
  let next: Item | undefined
  do {
    // An answer ends at a megabyte, whatever the limit.
    const answer = await client.send(
      new QueryCommand({ ...input, Limit: wanted - found.length, ...(next ? { ExclusiveStartKey: next } : {}) }),
    )
    found.push(...(answer.Items ?? []).map((item) => item[index.sort]?.S ?? ''))
    next = answer.LastEvaluatedKey
  } while (next && found.length < wanted)
  return found
}
