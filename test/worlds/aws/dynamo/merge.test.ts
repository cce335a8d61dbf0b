import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { hash32 } from '../../../../core/hash.ts'
import { firstOf } from '../../../../worlds/aws/dynamo/merge.ts'

/** Partitions of sorted keys, which answer pages as DynamoDB does: at most `pageCount` keys, and a token unless they have ended. */
const partitionsOf = (keys: readonly (readonly string[])[], { backwards = false, pageCount = Number.POSITIVE_INFINITY } = {}) => {
  const stored = keys.map((part) => {
    const sorted = part.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    return backwards ? sorted.reverse() : sorted
  })
  const reads: string[] = []
  const read = async (partition: string, from: number | undefined, limit: number) => {
    reads.push(partition)
    const start = from ?? 0
    const part = stored[Number(partition)] ?? []
    const end = Math.min(start + Math.min(limit, pageCount), part.length)
    // DynamoDB returns a token also when the last item was the last of all.
    return { items: part.slice(start, end), next: end - start < limit && end === part.length ? undefined : end }
  }
  return { reads, read, partitions: keys.map((_, index) => String(index)), backwards, keyOf: (key: string) => key }
}

describe('the first items of several partitions', () => {
  it('are those of one sorted list, however they are distributed', async () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '.', 'ü', '￿', '\u{1F600}'), minLength: 1, maxLength: 4 })
    const keys = fc.uniqueArray(key, { maxLength: 60 })
    const options = fc.record({ backwards: fc.boolean(), pageCount: fc.integer({ min: 1, max: 9 }) })
    await fc.assert(
      fc.asyncProperty(
        keys,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(20),
        options,
        fc.nat(),
        async (all, count, limit, how, skew) => {
          const parts = Array.from({ length: count }, (_, index) =>
            all.filter((it) => Math.min(hash32(`${it}/${skew}`) % count, skew % count) === index),
          )
          const expected = all.toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
          if (how.backwards) expected.reverse()
          expect(await firstOf({ ...partitionsOf(parts, how), limit })).toEqual(expected.slice(0, limit))
        },
      ),
    )
  })

  it('cost one request for each partition when a hash distributes them', async () => {
    const all = Array.from({ length: 5_000 }, (_, at) => `id-${String(at).padStart(5, '0')}`)
    const parts = Array.from({ length: 64 }, (_, index) => all.filter((it) => hash32(it) % 64 === index))
    const shards = partitionsOf(parts)
    expect(await firstOf({ ...shards, limit: 100 })).toEqual(all.slice(0, 100))
    expect(shards.reads.length).toBeLessThanOrEqual(64 + 2)
  })

  it('cost few more requests when they are all in one partition', async () => {
    const all = Array.from({ length: 500 }, (_, at) => String(at).padStart(3, '0'))
    const shards = partitionsOf([all, ...Array.from({ length: 7 }, () => [])])
    expect(await firstOf({ ...shards, limit: 100 })).toEqual(all.slice(0, 100))
    expect(shards.reads.length).toBeLessThanOrEqual(8 + 3)
  })

  it('are none for a limit of 0, without a request', async () => {
    const shards = partitionsOf([['a']])
    expect(await firstOf({ ...shards, limit: 0 })).toEqual([])
    expect(shards.reads).toEqual([])
  })
})
