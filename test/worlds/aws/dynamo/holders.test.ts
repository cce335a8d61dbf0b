import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { GateRow } from '../../../../core/gate/row.ts'
import { gateOf } from '../../../../docs/partition-samples.ts'
import { packGate, unpackGate } from '../../../../worlds/aws/dynamo/holders.ts'
import { fromItem, type Item, toItem } from '../../../../worlds/aws/dynamo/item.ts'
import { itemBytes } from '../../../../worlds/aws/dynamo/item-size.ts'
import { aGate, NOON } from '../../../contract/rows.ts'

const instant = fc.oneof(fc.integer({ min: 0, max: 2 * NOON }), fc.double({ noNaN: true, noDefaultInfinity: true, min: 0 }))
const name = fc.string({ unit: fc.constantFrom('a', 'B', '0', '.', '_', '-', ':', '@'), minLength: 1 })
const holder = fc.record(
  {
    task: fc.tuple(fc.oneof(fc.constant('acme'), name), fc.oneof(name, fc.constant('a b,c'))).map((parts) => parts.join('/')),
    epoch: fc.integer({ min: 1 }),
    until: instant,
    reservedAt: instant,
  },
  { requiredKeys: ['task', 'epoch', 'until'], noNullPrototype: true },
)
const gate: fc.Arbitrary<GateRow> = fc
  .record(
    { holders: fc.array(holder), starts: fc.array(instant), updatedAt: instant },
    { requiredKeys: ['holders', 'updatedAt'], noNullPrototype: true },
  )
  .map((more) => aGate('acme', 'erp', more))

describe('a gate', () => {
  it('is unpacked as it was packed, whatever its holders and starts', () => {
    fc.assert(fc.property(gate, (row) => void expect(unpackGate(packGate(row))).toStrictEqual(row)))
  })

  it('is read back as it was written', () => {
    for (const row of [aGate('acme', 'erp'), aGate('acme', 'erp', { holders: [], starts: [] }), gateOf(100)])
      expect(fromItem(toItem(row))).toStrictEqual(row)
  })

  it('that was stored with lists is read', () => {
    const { holders, ...rest } = toItem(aGate('acme', 'erp', { holders: [] }))
    const list: Item = {
      ...rest,
      holders: { L: [{ M: { task: { S: 'acme/a' }, epoch: { N: '1' }, until: { N: String(NOON) } } }] },
    }
    expect(fromItem(list)).toStrictEqual(aGate('acme', 'erp'))
  })

  it.each([
    [20, 1],
    [50, 2],
    [100, 4],
  ])('with %i holders costs at most %i write units', (count, units) => {
    expect(Math.ceil(itemBytes(toItem(gateOf(count))) / 1_024)).toBeLessThanOrEqual(units)
  })

  it('with a hundred starts costs half a kilobyte for them', () => {
    const starts = Array.from({ length: 100 }, (_, n) => NOON - 60_000 + 600 * n)
    const bytes = (row: GateRow) => itemBytes(toItem(row))
    expect(bytes({ ...gateOf(1), starts }) - bytes(gateOf(1))).toBeLessThan(512)
  })
})
