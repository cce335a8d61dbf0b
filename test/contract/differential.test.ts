import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Store } from '../../engine/world.ts'
import { dynamoStore } from '../../worlds/aws/dynamo/store.ts'
import { memoryStore } from '../../worlds/memory/store.ts'
import { type DynamoDbLocal, dynamoDbLocalRuns, startDynamoDbLocal } from './dynamodb-local.ts'
import { type Operation, operation, VERBS } from './operations.ts'

const ROUNDS_MOST = 200

describe.skipIf(!dynamoDbLocalRuns)('the two stores', () => {
  let local: DynamoDbLocal
  beforeAll(async () => {
    local = await startDynamoDbLocal()
  })
  afterAll(() => local.stop())

  it('answer the same to the same random operations, until each has had a yes and a no', async () => {
    const seen = new Set<string>()
    const wanted = VERBS.flatMap((verb) => [`${verb}: yes`, `${verb}: no`])
    let rounds = 0
    // Twenty rounds at least: the first ones may meet every verb, but not every meeting of two.
    while ((rounds < 20 || wanted.some((it) => !seen.has(it))) && rounds < ROUNDS_MOST) {
      await fc.assert(
        fc.asyncProperty(fc.array(operation.map(readable), { minLength: 40, maxLength: 60, size: 'max' }), async (operations) => {
          const sqlite = memoryStore(':memory:')
          try {
            await compare(sqlite, dynamoStore({ client: local.client, table: await local.makeTable() }), operations, seen)
          } finally {
            sqlite.close()
          }
        }),
        // A failing round is made smaller for as long as this; what is then left is printed.
        { numRuns: 1, interruptAfterTimeLimit: 60_000 },
      )
      rounds++
    }
    console.log(`the two stores agreed for ${rounds} rounds`)
    expect(wanted.filter((it) => !seen.has(it))).toEqual([])
  }, 300_000)
})

const compare = async (one: Store, other: Store, operations: readonly Operation[], seen: Set<string>): Promise<void> => {
  for (const { verb, said, run } of operations) {
    const [expected, got] = [await run(one), await run(other)]
    // Not strictly: SQLite's rows have no prototype, and no caller looks at one.
    expect(got, said).toEqual(expected)
    seen.add(`${verb}: ${expected.yes ? 'yes' : 'no'}`)
  }
}

/** What a failing sequence is printed as. */
const readable = (it: Operation): Operation => ({ ...it, [fc.toStringMethod]: () => it.said }) as Operation
