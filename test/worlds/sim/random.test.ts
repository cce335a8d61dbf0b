import { expect, test } from 'vitest'
import { between, pick, randomOf } from '../../../worlds/sim/random.ts'

const draws = (seed: string, count: number): readonly number[] => {
  const random = randomOf(seed)
  return Array.from({ length: count }, random)
}

test('the same seed draws the same numbers, and another seed draws others', () => {
  expect(draws('1/faults', 20)).toEqual(draws('1/faults', 20))
  expect(draws('1/faults', 20)).not.toEqual(draws('2/faults', 20))
})

test('draws are fractions and evenly distributed', () => {
  const tenths = new Array<number>(10).fill(0)
  for (const draw of draws('even', 100_000)) tenths[Math.floor(draw * 10)] = (tenths[Math.floor(draw * 10)] ?? 0) + 1
  expect(tenths).toHaveLength(10)
  for (const count of tenths) expect(Math.abs(count - 10_000)).toBeLessThan(500)
})

test('between draws both bounds and nothing outside', () => {
  const random = randomOf('ends')
  expect([...new Set(Array.from({ length: 200 }, () => between(random, 3, 6)))].sort()).toEqual([3, 4, 5, 6])
})

test('pick refuses an empty list', () => {
  expect(() => pick(randomOf('none'), [])).toThrow(/at least one item/)
})
