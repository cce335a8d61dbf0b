import { ConditionalCheckFailedException, GetItemCommand, PutItemCommand } from '@aws-sdk/client-dynamodb'
import type { KeyOf, Kind, RowOf } from '../../../core/kinds.ts'
import { type Key, keyText } from '../../../core/row/key.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import type { Put, Store } from '../../../engine/world.ts'
import { batchGet } from './batch-get.ts'
import { documents } from './documents.ts'
import { entries } from './entries.ts'
import { indexQueries } from './index-queries.ts'
import { fromItem, type Item, itemKey, toItem } from './item.ts'
import { TABLE } from './table.ts'
import type { TableClient } from './table-client.ts'

/**
 * The store on DynamoDB: one table, a consistent get, a conditional put of the whole row, queries for lists. Errors of the
 * SDK are rethrown unchanged: they are faults, and the caller retries.
 *
 * @example dynamoStore({ client: new DynamoDBClient({}), table: 'carillon' })
 */
export const dynamoStore = (dynamo: TableClient): Store => ({
  get: async <Of extends Kind>(key: KeyOf<Of>) => {
    const { client, table } = dynamo
    const { Item } = await client.send(new GetItemCommand({ TableName: table, Key: itemKey(keyText(key)), ConsistentRead: true }))
    return Item && (fromItem(Item) as RowOf<Of>)
  },
  put: async (row, expected) => putItem(dynamo, toItem(row), expected),
  getTasks: async (tenant, ids, mayBeStale) => {
    const keys = ids.map((id): Key => ({ kind: 'task', tenant, id }))
    return (await batchGet(dynamo, keys.map(keyText), mayBeStale)).map((item) => fromItem(item) as TaskRow)
  },
  ...documents(dynamo),
  ...entries(dynamo),
  ...indexQueries(dynamo),
})

/** The two conditions of a write of a row. */
const doesNotExist = { ConditionExpression: 'attribute_not_exists(#pk)', ExpressionAttributeNames: { '#pk': TABLE.partition } }
const hasVersion = (version: number) => ({
  ConditionExpression: '#version = :expected',
  ExpressionAttributeNames: { '#version': 'version' },
  ExpressionAttributeValues: { ':expected': { N: String(version) } },
})

const putItem = async ({ client, table }: TableClient, item: Item, expected: number): Promise<Put> => {
  const condition = expected === 0 ? doesNotExist : hasVersion(expected)
  try {
    await client.send(
      new PutItemCommand({ TableName: table, Item: item, ...condition, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' }),
    )
    return { written: true }
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error
    return { written: false, winner: error.Item && fromItem(error.Item) }
  }
}
