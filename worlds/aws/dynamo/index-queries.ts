import { QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { keyText } from '../../../core/row/key.ts'
import { type TenantRow, tenantKey } from '../../../core/tenant/row.ts'
import type { AgendaQuery, Store } from '../../../engine/world.ts'
import { batchGet } from './batch-get.ts'
import {
  agendaPartitions,
  attentionPartition,
  bound,
  cursorText,
  placeIn,
  TENANTS_PARTITION,
  watchIn,
  watchPartitions,
} from './index-keys.ts'
import { fromItem, type Item } from './item.ts'
import { type IndexName, TABLE } from './table.ts'
import type { TableClient } from './table-client.ts'

/** The queries on the indexes, which are eventually consistent with the table. */
export const indexQueries = (dynamo: TableClient): Pick<Store, 'agenda' | 'watched' | 'tenants'> => ({
  agenda: async (query) => {
    const { tenant, attention, order, limit } = query
    const index = attention ? 'attention' : 'agenda'
    const partitions = attention ? [attentionPartition(tenant, attention)] : agendaPartitions(tenant)
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
    const names = await sortKeys(dynamo, { index: 'watch', partitions: [TENANTS_PARTITION], limit, ...range })
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

/**
 * The first sort keys of a range over all partitions together. Each partition returns a whole page, so the merged page is
 * exact, however the keys are distributed.
 */
const sortKeys = async (dynamo: TableClient, query: SortKeys): Promise<readonly string[]> => {
  const { low, high, beyond, partitions, backwards = false, limit } = query
  // DynamoDB refuses an empty range.
  if (low > high || limit <= 0) return []
  const pages = await Promise.all(partitions.map((partition) => page(dynamo, query, partition)))
  const sorted = pages
    .flat()
    .filter((key) => key !== beyond)
    .sort()
  return (backwards ? sorted.reverse() : sorted).slice(0, limit)
}

const page = async ({ client, table }: TableClient, query: SortKeys, partition: string): Promise<readonly string[]> => {
  const index = TABLE.indexes[query.index]
  // One more than the page, because `beyond` may be in the range.
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
    // A page ends at 1 MB, whatever the limit.
    const answer = await client.send(
      new QueryCommand({ ...input, Limit: wanted - found.length, ...(next ? { ExclusiveStartKey: next } : {}) }),
    )
    found.push(...(answer.Items ?? []).map((item) => item[index.sort]?.S ?? ''))
    next = answer.LastEvaluatedKey
  } while (next && found.length < wanted)
  return found
}
