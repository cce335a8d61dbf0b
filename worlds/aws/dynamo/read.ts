import { setTimeout as sleep } from 'node:timers/promises'
import { BatchGetItemCommand, type BatchGetItemCommandOutput } from '@aws-sdk/client-dynamodb'
import { LIMITS } from '../../../core/limits.ts'
import { type Item, itemKey } from './item.ts'
import type { Dynamo } from './store.ts'
import { TABLE } from './table.ts'

/** Several items, consistent, in the order asked for. Those that do not exist are left out. */
export const readItems = async (dynamo: Dynamo, keys: readonly string[]): Promise<readonly Item[]> => {
  const found = new Map<string, Item>()
  // DynamoDB refuses a batch that names a key twice.
  const distinct = [...new Set(keys)]
  for (let start = 0; start < distinct.length; start += LIMITS.storeBatchCount) {
    const items = await readBatch(dynamo, distinct.slice(start, start + LIMITS.storeBatchCount))
    for (const item of items) found.set(item[TABLE.partition]?.S ?? '', item)
  }
  return keys.map((key) => found.get(key)).filter((item) => item !== undefined)
}

/** DynamoDB answers a part when it throttles or when the whole is over 16 MB; the rest is asked for again, a little later. */
const readBatch = async ({ client, table }: Dynamo, keys: readonly string[]): Promise<readonly Item[]> => {
  const items: Item[] = []
  let wanted: Item[] | undefined = keys.map((key) => itemKey(key))
  for (let tries = 0; tries < LIMITS.storeTriesCount; tries++) {
    if (tries > 0) await sleep(LIMITS.storeRetryMs * 2 ** (tries - 1))
    const answer: BatchGetItemCommandOutput = await client.send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: true } } }),
    )
    items.push(...(answer.Responses?.[table] ?? []))
    wanted = answer.UnprocessedKeys?.[table]?.Keys
    if (!wanted?.length) return items
  }
  throw new Error(
    `table ${table} left ${wanted?.length} of ${keys.length} items unread after ${LIMITS.storeTriesCount} tries: it is throttled`,
  )
}
