import {
  ConditionalCheckFailedException,
  DeleteItemCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  ThrottlingException,
} from '@aws-sdk/client-dynamodb'
import { hash32 } from '../../../../core/hash.ts'
import type { Item } from '../../../../worlds/aws/dynamo/item.ts'
import { itemBytes } from '../../../../worlds/aws/dynamo/item-size.ts'
import { type IndexName, TABLE } from '../../../../worlds/aws/dynamo/table.ts'

/** A table in memory whose partitions take a bounded number of write units a second, in virtual time. */
export type ThrottledTable = {
  readonly client: DynamoDBClient
  /** The next second begins. */
  readonly tick: () => void
  /** The partition keys of the refused writes, each with its number. */
  readonly refused: ReadonlyMap<string, number>
}

/**
 * A model of DynamoDB's throttling. A partition key of the table takes `unitsCount` units a second, and refuses a
 * write beyond. Each change of a key of an index is a unit of the index's partition: it waits there, since indexes follow
 * the table. When an index is more than a second of units behind, the writes of *the table* are throttled (back-pressure):
 * which of them, AWS does not say, so here it is each write to a partition of the table from which such a unit comes.
 * Source: the developer guide, "Understanding GSI write throttling and back pressure".
 *
 * @param unitsCount write units that one partition takes in a second
 * @param partitionOf names the partition of a key: a test gives the keys of before to see the model refuse
 */
export const throttledTable = (
  unitsCount: number,
  partitionOf: (index: IndexName | 'table', key: string) => string,
): ThrottledTable => {
  const items = new Map<string, Item>()
  const used = new Map<string, number>()
  /** Units that wait for each partition of an index, by the partition of the table from which they come. */
  const waiting = new Map<string, Map<number, number>>()
  const refused = new Map<string, number>()
  const throttled = new Set<number>()

  const write = (pk: string, before: Item | undefined, after: Item | undefined): void => {
    const partition = partitionOf('table', pk)
    const total = (used.get(partition) ?? 0) + Math.max(...[before, after].map((it) => Math.ceil(itemBytes(it ?? {}) / 1_024)))
    const home = hash32(pk) % HOMES_COUNT
    if (total > unitsCount || throttled.has(home)) {
      refused.set(pk, (refused.get(pk) ?? 0) + 1)
      throw new ThrottlingException({ message: 'the partition is full', $metadata: {} })
    }
    used.set(partition, total)
    for (const [index, { partition: name, sort }] of Object.entries(TABLE.indexes)) {
      const [old, now] = [before, after].map((it) => it?.[name]?.S && [it[name].S, it[sort]?.S].join('\n'))
      for (const key of old === now ? [] : [old, now]) if (key) enqueue(index as IndexName, key.split('\n')[0] ?? '', home)
    }
  }
  const enqueue = (index: IndexName, key: string, home: number): void => {
    const partition = `${index}:${partitionOf(index, key)}`
    const units = waiting.get(partition) ?? new Map<number, number>()
    waiting.set(partition, units.set(home, (units.get(home) ?? 0) + 1))
    if (sumOf(units) > 2 * unitsCount) for (const it of units.keys()) throttled.add(it)
  }
  const tick = (): void => {
    used.clear()
    throttled.clear()
    for (const units of waiting.values()) {
      let left = unitsCount
      for (const [home, count] of units) {
        const done = Math.min(left, count)
        left -= done
        if (done === count) units.delete(home)
        else units.set(home, count - done)
      }
      if (units.size > 0) for (const home of units.keys()) throttled.add(home)
    }
  }

  const keyOf = (key: Item) => `${key[TABLE.partition]?.S}\n${key[TABLE.sort]?.S}`
  const pkOf = (key: Item) => key[TABLE.partition]?.S ?? ''
  const send = async (command: unknown): Promise<object> => {
    if (command instanceof GetItemCommand) return { Item: items.get(keyOf(command.input.Key ?? {})) }
    if (command instanceof DeleteItemCommand) {
      const key = command.input.Key ?? {}
      write(pkOf(key), items.get(keyOf(key)), undefined)
      items.delete(keyOf(key))
      return {}
    }
    if (!(command instanceof PutItemCommand)) throw new Error('this table only gets, puts and deletes')
    const { Item = {}, ConditionExpression, ExpressionAttributeValues } = command.input
    const before = items.get(keyOf(Item))
    const expected = ExpressionAttributeValues?.[':expected']?.N
    write(pkOf(Item), before, Item)
    if (ConditionExpression && before?.version?.N !== expected)
      throw new ConditionalCheckFailedException({ message: 'lost race', $metadata: {}, ...(before ? { Item: before } : {}) })
    items.set(keyOf(Item), Item)
    return {}
  }
  return { client: { send } as unknown as DynamoDBClient, tick, refused }
}

const sumOf = (units: ReadonlyMap<number, number>): number => {
  let sum = 0
  for (const count of units.values()) sum += count
  return sum
}

/** Partitions of the table: enough for the load of the tests, so that only keys and indexes can be full. */
const HOMES_COUNT = 16
