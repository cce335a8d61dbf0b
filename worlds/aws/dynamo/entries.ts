import { DeleteItemCommand, PutItemCommand, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb'
import type { Json } from '../../../core/row/json.ts'
import type { Entry, EntryQuery, ListKey, Store } from '../../../engine/world.ts'
import { type Item, itemKey, timeToLive } from './item.ts'
import { TABLE } from './table.ts'
import type { TableClient } from './table-client.ts'

/**
 * Ordered lists of entries: a list is one partition, and the place of an entry is its sort key. Entries are read from the
 * table itself, because the first entry of a waitlist must be current, and an index is only eventually consistent. An entry
 * is small. Its value is JSON text, which preserves values that DynamoDB's numbers and attribute names cannot.
 */
export const entries = (dynamo: TableClient): Pick<Store, 'putEntry' | 'dropEntry' | 'entries'> => {
  const { client, table } = dynamo
  return {
    putEntry: async (list, { at, value }, forgetAt) => {
      const Item = { ...itemKey(partitionOf(list), at), value: { S: JSON.stringify(value) }, ...timeToLive(forgetAt) }
      await client.send(new PutItemCommand({ TableName: table, Item }))
    },
    dropEntry: async (list, at) => {
      await client.send(new DeleteItemCommand({ TableName: table, Key: itemKey(partitionOf(list), at) }))
    },
    entries: (list, query) => read(dynamo, list, query),
  }
}

const partitionOf = ({ list, tenant, id }: ListKey): string => `${list}/${tenant}/${id}`

const read = async ({ client, table }: TableClient, list: ListKey, query: EntryQuery): Promise<readonly Entry[]> => {
  const { after, order = 'earliest', limit } = query
  const beyond = after ? ` AND #sk ${order === 'earliest' ? '>' : '<'} :after` : ''
  const input: QueryCommandInput = {
    TableName: table,
    KeyConditionExpression: `#pk = :list${beyond}`,
    ExpressionAttributeNames: { '#pk': TABLE.partition, ...(after ? { '#sk': TABLE.sort } : {}) },
    ExpressionAttributeValues: { ':list': { S: partitionOf(list) }, ...(after ? { ':after': { S: after } } : {}) },
    ScanIndexForward: order === 'earliest',
    ConsistentRead: true,
  }
  const found: Entry[] = []
  let next: Item | undefined
  // A page ends at 1 MB, whatever the limit.
  while (found.length < limit) {
    const start = next ? { ExclusiveStartKey: next } : {}
    const answer = await client.send(new QueryCommand({ ...input, Limit: limit - found.length, ...start }))
    found.push(...(answer.Items ?? []).map(entryOf))
    next = answer.LastEvaluatedKey
    if (!next) break
  }
  return found
}

const entryOf = (item: Item): Entry => ({
  at: item[TABLE.sort]?.S ?? '',
  value: JSON.parse(item.value?.S ?? 'null') as Json,
})
