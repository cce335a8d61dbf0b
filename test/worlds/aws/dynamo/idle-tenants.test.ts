import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../../core/limits.ts'
import type { TenantRow } from '../../../../core/tenant/row.ts'
import { sweep } from '../../../../engine/sweep/sweep.ts'
import type { World } from '../../../../engine/world.ts'
import { type Item, toItem } from '../../../../worlds/aws/dynamo/item.ts'
import { dynamoStore } from '../../../../worlds/aws/dynamo/store.ts'
import { TABLE } from '../../../../worlds/aws/dynamo/table.ts'
import type { TableClient } from '../../../../worlds/aws/dynamo/table-client.ts'
import { appOf, type EngineWorld, engineWorld, given } from '../../../engine/world.ts'

const TENANTS = 10_000
const MINUTE = 60_000

type Input = {
  readonly Item?: Item
  readonly Key?: Item
  readonly IndexName?: keyof typeof TABLE.indexes
  readonly Limit?: number
  readonly ConditionExpression?: string
  readonly ExpressionAttributeValues?: Item
  readonly RequestItems?: Readonly<Record<string, { readonly Keys: readonly Item[] }>>
}

/** A table in memory that counts the requests of a store, and how many of them read the agenda. */
const countedTable = () => {
  const items = new Map<string, Item>()
  const counts = { requests: 0, agenda: 0 }
  const nameOf = (item: Item) => `${item[TABLE.partition]?.S} ${item[TABLE.sort]?.S}`
  const query = ({ IndexName, Limit = Number.POSITIVE_INFINITY, ExpressionAttributeValues: values = {} }: Input) => {
    const { partition, sort } = IndexName ? TABLE.indexes[IndexName] : TABLE
    const wanted = Object.values(values)[0]?.S
    const [low, high] = [values[':low']?.S ?? values[':after']?.S ?? '', values[':high']?.S ?? '\u{10ffff}']
    const sortOf = (item: Item) => item[sort]?.S ?? ''
    const found = [...items.values()].filter(
      (item) => item[partition]?.S === wanted && sortOf(item) >= low && sortOf(item) <= high,
    )
    return { Items: found.toSorted((a, b) => (sortOf(a) < sortOf(b) ? -1 : 1)).slice(0, Limit) }
  }
  const put = ({ Item: item = {}, ConditionExpression: condition, ExpressionAttributeValues: values }: Input) => {
    const before = items.get(nameOf(item))
    const isMet = condition?.startsWith('attribute_not_exists') ? !before : before?.version?.N === values?.[':expected']?.N
    if (condition && !isMet)
      throw new ConditionalCheckFailedException({ message: 'no', $metadata: {}, ...(before ? { Item: before } : {}) })
    items.set(nameOf(item), item)
    return {}
  }
  const send = async (command: { readonly constructor: { readonly name: string }; readonly input: Input }) => {
    const { input } = command
    counts.requests++
    if (input.IndexName === 'agenda') counts.agenda++
    switch (command.constructor.name) {
      case 'GetItemCommand':
        return { Item: items.get(nameOf(input.Key ?? {})) }
      case 'PutItemCommand':
        return put(input)
      case 'QueryCommand':
        return query(input)
      case 'BatchGetItemCommand': {
        const keys = Object.values(input.RequestItems ?? {})[0]?.Keys ?? []
        return { Responses: { table: keys.map((key) => items.get(nameOf(key))).filter((item) => item !== undefined) } }
      }
      default:
        throw new Error(`${command.constructor.name} was not expected`)
    }
  }
  return { store: dynamoStore({ client: { send } as unknown as TableClient['client'], table: 'table' }), items, nameOf, counts }
}

const scene = (more: Partial<TenantRow>) => {
  const table = countedTable()
  const world: EngineWorld = Object.assign(engineWorld(), { store: table.store })
  for (let index = 0; index < TENANTS; index++) {
    const id = `tenant${index}`
    const swept = { at: world.now - 30 * MINUTE, id: '' }
    const item = toItem({ kind: 'tenant', tenant: id, id, version: 1, createdAt: world.now, swept, ...more })
    table.items.set(table.nameOf(item), item)
  }
  const requestsOf = async (work: () => Promise<unknown>) => {
    const before = { ...table.counts }
    await work()
    return { requests: table.counts.requests - before.requests, agenda: table.counts.agenda - before.agenda }
  }
  return { world, requestsOf, sweepOnce: () => requestsOf(() => sweep(world, appOf())) }
}

/** The requests of a sweep without a tenant: each shard of the watch, of the tenants and of the refused timers; its progress is read twice and written. */
const { watchShardsCount, tenantShardsCount, unarmedShardsCount, listShardsCount } = LIMITS
const IDLE = watchShardsCount + tenantShardsCount + unarmedShardsCount * listShardsCount + 3

describe(`a sweep over ${TENANTS} idle tenants`, () => {
  test('makes as many requests as one over none', async () => {
    const { sweepOnce } = scene({})
    expect(await sweepOnce()).toEqual({ requests: IDLE, agenda: 0 })
  })

  test('visits the one that has a task again, finds its lost message, and forgets the tenant when all is passed', async () => {
    const { world, sweepOnce } = scene({})
    await given(world, 'lost', {})
    world.advance(3 * MINUTE)
    const { agenda } = await sweepOnce()
    expect(agenda).toBe(LIMITS.agendaShardsCount)
    expect(world.sent.map(({ nudge }) => nudge.id)).toEqual(['lost'])
    const row = (await world.store.get({ kind: 'task', tenant: 'acme', id: 'lost' })) ?? { version: 0 }
    const done = {
      ...row,
      version: row.version + 1,
      state: 'succeeded',
      watched: undefined,
      dueAt: undefined,
      forgetAt: world.now * 2,
    }
    await (world as World).store.put(done as never, row.version)
    for (let sweeps = 0; sweeps < 5; sweeps++) {
      world.advance(LIMITS.sweepEveryMs)
      await sweepOnce()
    }
    world.advance(LIMITS.sweepEveryMs)
    expect(await sweepOnce()).toEqual({ requests: IDLE, agenda: 0 })
  })
})

test('a task of a busy tenant reads and writes the tenant no more than once in a quarter of an hour', async () => {
  const { world, requestsOf } = scene({})
  await given(world, 'first', {})
  const create = async (from: number) => {
    for (let index = from; index < from + 50; index++) await given(world, `t${index}`, { notBefore: world.now + index * 1_000 })
  }
  expect((await requestsOf(() => create(0))).requests).toBe(50)
  world.advance(LIMITS.tenantVisitedMs + 1)
  expect((await requestsOf(() => create(50))).requests).toBe(50 + 2)
})
