import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Row } from '../../../../core/kinds.ts'
import type { Json } from '../../../../core/row/json.ts'
import type { TaskRow } from '../../../../core/task/row.ts'
import { fromItem, isRow, toItem } from '../../../../worlds/aws/dynamo/item.ts'
import { itemBytes } from '../../../../worlds/aws/dynamo/item-size.ts'
import { claim, create, fail, NOW, rowAfter, succeed, tenant } from '../rows.ts'

const HOUR = 3_600_000
const ordinary = rowAfter(create(), claim, succeed)

describe('a row as an item', () => {
  it.each<readonly [string, Row]>([
    ['a new task', rowAfter(create())],
    ['a running task', rowAfter(create(), claim)],
    ['a succeeded task', ordinary],
    ['a failed task', rowAfter(create(), claim, fail)],
    [
      'a quarantined task',
      rowAfter({
        name: 'quarantine',
        at: NOW,
        by: 'system:dead-letters',
        input: { document: 'abc', bytes: 9_999 },
        error: { code: 'Unreadable', message: '?', retriable: false },
        retentionMs: HOUR,
      }),
    ],
    [
      'a task with every field',
      rowAfter(
        create({
          tags: ['a', 'b'],
          expiresAt: NOW + HOUR,
          reason: 'now',
          onFailure: { ...create().policy, input: { inline: { n: 1e300 } }, failureField: 'body' },
          failureOf: 'x',
          requestDigest: 'd',
          policy: { ...create().policy, events: 'all', retry: { policy: 'none' } },
        }),
      ),
    ],
    ['a tenant', tenant],
  ])('is read back as it was written: %s', (_, row) => {
    expect(fromItem(toItem(row))).toStrictEqual(row)
    expect(isRow(toItem(row))).toBe(true)
  })

  it('preserves any JSON, also numbers, depth and empty names that DynamoDB does not support', () => {
    const row = rowAfter(create())
    const deep = Array.from({ length: 40 }).reduce<Json>((inner) => [inner], null)
    for (const inline of [1e300, 5e-324, 0.1, '', { '': {} }, deep, 123_456_789_012_345_680_000]) {
      expect(fromItem(toItem({ ...row, input: { inline } }))).toStrictEqual({ ...row, input: { inline } })
    }
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        // JSON has no -0, so an input never contains it.
        const inline = JSON.parse(JSON.stringify(value)) as Json
        expect((fromItem(toItem({ ...row, output: { inline } })) as TaskRow).output).toStrictEqual({ inline })
      }),
    )
  })

  it('has a time to live rounded up to the second, never before `forgetAt`', () => {
    const forgetAt = ordinary.forgetAt ?? 0
    expect(Number(toItem(ordinary).ttl?.N) * 1_000).toBeGreaterThanOrEqual(forgetAt)
    expect(Number(toItem(ordinary).ttl?.N) * 1_000).toBeLessThan(forgetAt + 1_000)
    expect(toItem(rowAfter(create())).ttl).toBeUndefined()
  })
})

describe('the size of an item', () => {
  // Every write bills the whole item by the started kilobyte.
  it('is below 1 KB for an ordinary task: 200 bytes of input, three history entries', () => {
    expect(JSON.stringify(ordinary.input).length).toBeGreaterThanOrEqual(200)
    expect(ordinary.history).toHaveLength(3)
    const bytes = itemBytes(toItem(ordinary))
    console.log(`the ordinary item: ${bytes} bytes`)
    expect(bytes).toBeLessThanOrEqual(1_024)
  })

  it('is below 1 KB in each state, also for a far task', () => {
    const far = create({ notBefore: NOW + HOUR })
    const late = { ...claim, at: NOW + HOUR }
    for (const row of [rowAfter(create()), rowAfter(create(), claim), rowAfter(far), rowAfter(far, late as typeof claim)]) {
      expect(itemBytes(toItem(row))).toBeLessThanOrEqual(1_024)
    }
  })

  it('is computed as DynamoDB does', () => {
    expect(itemBytes({ name: { S: 'é' } })).toBe(4 + 2)
    expect(itemBytes({ n: { N: '1795287600250' } })).toBe(1 + 7)
    expect(itemBytes({ n: { N: '600000' } })).toBe(1 + 2)
    expect(itemBytes({ l: { L: [{ N: '1' }, { S: 'ab' }] } })).toBe(1 + 3 + (1 + 2) + (1 + 2))
    expect(itemBytes({ m: { M: { ab: { BOOL: true } } } })).toBe(1 + 3 + 1 + (2 + 1))
  })
})
