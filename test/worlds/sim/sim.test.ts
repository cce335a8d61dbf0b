import { randomInt } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { add, EMPTY_SUMMARY } from '../../../worlds/sim/summary.ts'
import { runSeeds, type SeedResult } from '../../../worlds/sim/worker-pool.ts'

const range = (from: number, count: number): readonly number[] => Array.from({ length: count }, (_, index) => from + index)
const randomFrom = randomInt(10_000, 1_000_000_000)

// In one run, because every start of workers has to compile the engine again.
const results: SeedResult[] = []
beforeAll(() => runSeeds([...range(1, 700), ...range(randomFrom, 300)], (result) => void results.push(result)), 900_000)

const summaryOf = (from: number, count: number) =>
  results.filter((result) => seedOf(result) >= from && seedOf(result) < from + count).reduce(add, EMPTY_SUMMARY)
const seedOf = (result: SeedResult): number => ('report' in result ? result.report.seed : result.seed)

test('seeds 1 to 700 keep every law', () => {
  const { failures, seedCount } = summaryOf(1, 700)
  expect(seedCount).toBe(700)
  expect(failures, failures.join('\n\n')).toEqual([])
})

test('300 random seeds keep every law', () => {
  const { failures, seedCount } = summaryOf(randomFrom, 300)
  expect(seedCount).toBe(300)
  expect(failures, `seeds ${randomFrom} to ${randomFrom + 299}:\n${failures.join('\n\n')}`).toEqual([])
})
