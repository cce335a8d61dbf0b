import { DeleteItemCommand, PutItemCommand, QueryCommand } from '@aws-sdk/client-dynamodb'
import { LIMITS } from '../../../core/limits.ts'
import type { Json } from '../../../core/row/json.ts'
import type { Entry, EntryQuery, ListKey, Store } from '../../../engine/world.ts'
import { shardOf, shards } from './index-keys.ts'
import { type Item, itemKey, timeToLive } from './item.ts'
import { firstOf } from './merge.ts'
import { TABLE } from './table.ts'
import type { TableClient } from './table-client.ts'

/**
 * Ordered lists of entries: a list is a few partitions, and the place of an entry is its sort key. Entries are read from the
 * table itself, because the first entry of a waitlist must be current, and an index is only eventually consistent. Each
 * partition is read consistently, so the merged list has every entry that was put before the read began. An entry is small. Its value is JSON text, which preserves values that DynamoDB's numbers and attribute names cannot.
 */
export const entries = (dynamo: TableClient): Pick<Store, 'putEntry' | 'dropEntry' | 'entries'> => {
  const { client, table } = dynamo
  return {
    putEntry: async (list, { at, value }, forgetAt) => {
      const Item = { ...itemKey(entryPartition(list, at), at), value: { S: JSON.stringify(value) }, ...timeToLive(forgetAt) }
      await client.send(new PutItemCommand({ TableName: table, Item }))
    },
    dropEntry: async (list, at) => {
      await client.send(new DeleteItemCommand({ TableName: table, Key: itemKey(entryPartition(list, at), at) }))
    },
    entries: (list, query) => read(dynamo, list, query),
  }
}

/** The partitions of a list. An entry is in the one that the hash of its place names. */
export const listPartitions = (list: ListKey): readonly string[] => shards(nameOf(list), LIMITS.listShardsCount)
export const entryPartition = (list: ListKey, at: string): string => shardOf(nameOf(list), at, LIMITS.listShardsCount)

const nameOf = ({ list, tenant, id }: ListKey): string => `${list}/${tenant}/${id}`

const read = async (
  { client, table }: TableClient,
  list: ListKey,
  { after, order = 'earliest', limit }: EntryQuery,
): Promise<readonly Entry[]> => {
  const beyond = after ? ` AND #sk ${order === 'earliest' ? '>' : '<'} :after` : ''
  const names = { '#pk': TABLE.partition, ...(after ? { '#sk': TABLE.sort } : {}) }
  const page = async (partition: string, from: Item | undefined, count: number) => {
    const { Items = [], LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: `#pk = :list${beyond}`,
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: { ':list': { S: partition }, ...(after ? { ':after': { S: after } } : {}) },
        ScanIndexForward: order === 'earliest',
        ConsistentRead: true,
        Limit: count,
        ...(from ? { ExclusiveStartKey: from } : {}),
      }),
    )
    return { items: Items.map(entryOf), next: LastEvaluatedKey }
  }
  return firstOf({ partitions: listPartitions(list), read: page, keyOf: ({ at }) => at, backwards: order === 'latest', limit })
}

const entryOf = (item: Item): Entry => ({
  at: item[TABLE.sort]?.S ?? '',
  value: JSON.parse(item.value?.S ?? 'null') as Json,
})
