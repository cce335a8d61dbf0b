import { describe, expect, test } from 'vitest'
import { LIST_NAMES } from '../../core/consequences.ts'
import { LIMITS } from '../../core/limits.ts'
import { heatOf, lists, partitions } from '../../docs/partitions.ts'

/** The table of docs/limits-on-aws.md. Types demand a line for each kind of row and each index. */

describe('the partition keys', () => {
  test('of every ordered list are in the table, and of no other', () => {
    expect(Object.keys(lists).sort()).toEqual([...LIST_NAMES].sort())
  })

  test.each(partitions.map((it) => [it.keyOf(0), it] as const))('%s is not full at its greatest rate', (_, partition) => {
    const { fullest } = heatOf(partition)
    // A row of which only its own callers wait may be full.
    if (!partition.isOwn) expect(fullest).toBeLessThan(LIMITS.partitionWritesCount)
    expect(fullest).toBeGreaterThan(0)
  })

  test('of lists that one tenant fills are as many as their shards', () => {
    const shards = partitions.map((it) => heatOf(it).count).filter((count) => count > 1)
    const { listShardsCount, unarmedShardsCount, agendaShardsCount, attentionShardsCount, watchShardsCount, tenantShardsCount } =
      LIMITS
    const ofLists = Object.keys(lists).map((name) => (name === 'unarmed' ? unarmedShardsCount : 1) * listShardsCount)
    const wanted = [...ofLists, agendaShardsCount, attentionShardsCount, watchShardsCount, tenantShardsCount]
    expect(shards).toEqual(wanted)
  })
})
