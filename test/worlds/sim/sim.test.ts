import { randomInt } from 'node:crypto'
import { expect, test } from 'vitest'
import { add, EMPTY_SUMMARY } from '../../../worlds/sim/summary.ts'
import { runSeeds } from '../../../worlds/sim/worker-pool.ts'

const range = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, index) => from + index)

const summaryOf = async (seeds: readonly number[]) => {
  let sum = EMPTY_SUMMARY
  await runSeeds(seeds, (result) => {
    sum = add(sum, result)
  })
  return sum
}

test('seeds 1 to 700 keep every law', { timeout: 900_000 }, async () => {
  const { failures, seedCount } = await summaryOf(range(1, 700))
  expect(seedCount).toBe(700)
  expect(failures, failures.join('\n\n')).toEqual([])
})

test('300 random seeds keep every law', { timeout: 900_000 }, async () => {
  const from = randomInt(10_000, 1_000_000_000)
  const { failures, seedCount } = await summaryOf(range(from, 300))
  expect(seedCount).toBe(300)
  expect(failures, `seeds ${from} to ${from + 299}:\n${failures.join('\n\n')}`).toEqual([])
})
