import { QueryCommand } from '@aws-sdk/client-dynamodb'
import { keyText } from '../../../core/row/key.ts'
import { type TenantRow, tenantKey } from '../../../core/tenant/row.ts'
import type { AgendaQuery, Store } from '../../../engine/world.ts'
import { batchGet } from './batch-get.ts'
import {
  agendaPartitions,
  attentionPartitions,
  bound,
  cursorText,
  placeIn,
  tenantPartitions,
  watchIn,
  watchPartitions,
} from './index-keys.ts'
import { fromItem, type Item } from './item.ts'
import { firstOf, type Page } from './merge.ts'
import { type IndexName, TABLE } from './table.ts'
import type { TableClient } from './table-client.ts'

/** The queries on the indexes, which are eventually consistent with the table. */
export const indexQueries = (dynamo: TableClient): Pick<Store, 'agenda' | 'watched' | 'tenants'> => ({
  agenda: async (query) => {
    const { tenant, attention, order, limit } = query
    const index = attention ? 'attention' : 'agenda'
    const partitions = attention ? attentionPartitions(tenant, attention) : agendaPartitions(tenant)
    const found = await sortKeys(dynamo, { index, partitions, backwards: order === 'latest', limit, ...agendaRange(query) })
    return found.map(placeIn)
  },
  watched: async ({ until, after, limit }) => {
    const beyond = after && cursorText(after)
    const range = { low: beyond ?? FIRST, high: bound(until), ...(beyond ? { beyond } : {}) }
    return (await sortKeys(dynamo, { index: 'watch', partitions: watchPartitions(), limit, ...range })).map(watchIn)
  },
  tenants: async ({ after, limit }) => {
    const range = { low: after ?? FIRST, high: LAST, ...(after ? { beyond: after } : {}) }
    const names = await sortKeys(dynamo, { index: 'watch', partitions: tenantPartitions(), limit, ...range })
    return (
      await batchGet(
        dynamo,
        names.map((name) => keyText(tenantKey(name))),
        // An old mark of the sweep makes it read a page again.
        'mayBeStale',
      )
    ).map((item) => fromItem(item) as TenantRow)
  },
})

/** Texts that sort before and after every key. DynamoDB refuses an empty key. */
const FIRST = ' '
const LAST = '\u{10FFFF}'

/** `from` ≤ at < `to`: an instant without an id sorts before every place at that instant. */
const agendaRange = ({ order, from, to, after }: AgendaQuery): Range => {
  const low = from === undefined ? FIRST : bound(from)
  const high = to === undefined ? LAST : bound(to)
  if (!after) return { low, high }
  const beyond = cursorText(after)
  return order === 'earliest'
    ? { low: later(low, beyond), high, beyond }
    : { low, high: later(high, beyond) === high ? beyond : high, beyond }
}

const later = (a: string, b: string) => (a > b ? a : b)

/** From `low` to `high`, both included, without the key `beyond`, which was on the page before. */
type Range = { readonly low: string; readonly high: string; readonly beyond?: string }

type SortKeys = Range & {
  readonly index: IndexName
  readonly partitions: readonly string[]
  readonly backwards?: boolean
  readonly limit: number
}

/** The first sort keys of a range over all partitions together. */
const sortKeys = async (dynamo: TableClient, query: SortKeys): Promise<readonly string[]> => {
  const { low, high, partitions, backwards = false, limit } = query
  // DynamoDB refuses an empty range.
  if (low > high) return []
  return firstOf({
    partitions,
    read: (partition, from: Item | undefined, count) => page(dynamo, query, { partition, from, count }),
    keyOf: (key) => key,
    backwards,
    limit,
  })
}

type Part = { readonly partition: string; readonly from: Item | undefined; readonly count: number }

const page = async (
  { client, table }: TableClient,
  { index: IndexName, low, high, beyond, backwards }: SortKeys,
  { partition, from, count }: Part,
): Promise<Page<string, Item>> => {
  const index = TABLE.indexes[IndexName]
  const { Items = [], LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: table,
      IndexName,
      KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :low AND :high',
      ExpressionAttributeNames: { '#partition': index.partition, '#sort': index.sort },
      ExpressionAttributeValues: { ':partition': { S: partition }, ':low': { S: low }, ':high': { S: high } },
      ScanIndexForward: !backwards,
      // One more than asked for, because `beyond` may be in the range.
      Limit: count + (from ? 0 : 1),
      ...(from ? { ExclusiveStartKey: from } : {}),
    }),
  )
  const items = Items.map((item) => item[index.sort]?.S ?? '').filter((key) => key !== beyond)
  return { items, next: LastEvaluatedKey }
}
