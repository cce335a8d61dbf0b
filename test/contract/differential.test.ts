import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../engine/world.ts'
import { dynamoStore } from '../../worlds/aws/dynamo/store.ts'
import { memoryStore } from '../../worlds/memory/store.ts'
import { type DynamoDbLocal, dynamoDbLocalRuns, openDynamoDbLocal } from './dynamodb-local.ts'
import { type Operation, operation, VERBS } from './operations.ts'

const MAX_ROUNDS = 200

describe.skipIf(!dynamoDbLocalRuns)('the two stores', () => {
  let local: DynamoDbLocal
  beforeAll(async () => {
    local = await openDynamoDbLocal()
  })
  afterAll(() => local.close())

  it('give the same answers to random operations, until each verb had a hit and a miss', async () => {
    const seen = new Set<string>()
    const wanted = VERBS.flatMap((verb) => [`${verb}: hit`, `${verb}: miss`])
    let rounds = 0
    // At least twenty rounds: the first ones may contain every verb, but not every combination of two.
    while ((rounds < 20 || wanted.some((it) => !seen.has(it))) && rounds < MAX_ROUNDS) {
      await fc.assert(
        fc.asyncProperty(fc.array(operation.map(readable), { minLength: 40, maxLength: 60, size: 'max' }), async (operations) => {
          const sqlite = memoryStore(':memory:')
          try {
            await compare(sqlite, dynamoStore({ client: local.client, table: await local.makeTable() }), operations, seen)
          } finally {
            sqlite.close()
          }
        }),
        // fast-check shrinks a failing round for at most this long, then prints it.
        { numRuns: 1, interruptAfterTimeLimit: 60_000 },
      )
      rounds++
    }
    console.log(`the two stores agreed in ${rounds} rounds`)
    expect(wanted.filter((it) => !seen.has(it))).toEqual([])
  }, 300_000)
})

const compare = async (one: Store, other: Store, operations: readonly Operation[], seen: Set<string>): Promise<void> => {
  for (const { verb, label, run } of operations) {
    const [expected, got] = [await run(one), await run(other)]
    // Not `toStrictEqual`: SQLite's rows have no prototype, and no caller depends on it.
    expect(got, label).toEqual(expected)
    seen.add(`${verb}: ${expected.hit ? 'hit' : 'miss'}`)
  }
}

/** An operation that fast-check prints by its label. */
const readable = (it: Operation): Operation => ({ ...it, [fc.toStringMethod]: () => it.label }) as Operation
