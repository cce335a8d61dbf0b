import { setTimeout as sleep } from 'node:timers/promises'
import { BatchGetItemCommand, type BatchGetItemCommandOutput } from '@aws-sdk/client-dynamodb'
import { LIMITS } from '../../../core/limits.ts'
import { type Item, itemKey } from './item.ts'
import { TABLE } from './table.ts'
import type { TableClient } from './table-client.ts'

/** Reads several items in the order of the keys, consistently unless they may be stale. Missing items are omitted. */
export const batchGet = async (
  dynamo: TableClient,
  keys: readonly string[],
  mayBeStale?: 'mayBeStale',
): Promise<readonly Item[]> => {
  const found = new Map<string, Item>()
  // DynamoDB refuses a batch with a duplicate key.
  const distinct = [...new Set(keys)]
  const batches = Array.from({ length: Math.ceil(distinct.length / LIMITS.storeBatchCount) }, (_, index) =>
    distinct.slice(index * LIMITS.storeBatchCount, (index + 1) * LIMITS.storeBatchCount),
  )
  const answers = await Promise.all(batches.map((batch) => readBatch(dynamo, batch, mayBeStale === undefined)))
  for (const item of answers.flat()) found.set(item[TABLE.partition]?.S ?? '', item)
  return keys.map((key) => found.get(key)).filter((item) => item !== undefined)
}

/** DynamoDB returns only a part when it throttles or when the answer exceeds 16 MB. The rest is requested again after a delay. */
const readBatch = async (
  { client, table }: TableClient,
  keys: readonly string[],
  consistent: boolean,
): Promise<readonly Item[]> => {
  const items: Item[] = []
  let wanted: Item[] | undefined = keys.map((key) => itemKey(key))
  for (let tries = 0; tries < LIMITS.storeTriesCount; tries++) {
    if (tries > 0) await sleep(LIMITS.storeRetryMs * 2 ** (tries - 1))
    const answer: BatchGetItemCommandOutput = await client.send(
      new BatchGetItemCommand({ RequestItems: { [table]: { Keys: wanted, ConsistentRead: consistent } } }),
    )
    items.push(...(answer.Responses?.[table] ?? []))
    wanted = answer.UnprocessedKeys?.[table]?.Keys
    if (!wanted?.length) return items
  }
  throw new Error(
    `table ${table} did not return ${wanted?.length} of ${keys.length} items in ${LIMITS.storeTriesCount} tries: it is throttled`,
  )
}
