import { randomInt } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { transitions } from '../../../core/task/row.ts'
import { FAULTS } from '../../../worlds/sim/faults.ts'
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

// A simulation proves nothing about a fault, an edge or a refusal that never occurs in it.

const edges = Object.entries(transitions).flatMap(([state, verbs]) =>
  Object.entries<readonly string[]>(verbs).flatMap(([verb, targets]) => targets.map((target) => `${state}: ${verb} → ${target}`)),
)

test.each(Object.keys(FAULTS))('this fault occurs in 200 seeds: %s', (fault) => {
  expect(summaryOf(1, 200).faults[fault]).toBeGreaterThan(0)
})

// The simulator runs no task in two environments; test/engine/execute/environment.test.ts does.
const ELSEWHERE = 'running: hold → pending'

test.each(edges.filter((edge) => edge !== ELSEWHERE))('this edge is used in 200 seeds: %s', (edge) => {
  expect(summaryOf(1, 200).edges[edge]).toBeGreaterThan(0)
})

test('every used edge is in transitions', () => {
  expect(Object.keys(summaryOf(1, 200).edges).filter((edge) => !edges.includes(edge))).toEqual([])
})

// The other codes are answers to requests, and never to a nudge.
test.each(['unknown', 'superseded', 'finished', 'cancelled', 'notAllowed', 'fenced', 'early', 'leased'])(
  'a nudge is refused in 200 seeds: %s',
  (code) => {
    expect(summaryOf(1, 200).refusals[code]).toBeGreaterThan(0)
  },
)
