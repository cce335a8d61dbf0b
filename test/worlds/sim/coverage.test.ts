import { beforeAll, expect, test } from 'vitest'
import { transitions } from '../../../core/task/row.ts'
import { FAULTS } from '../../../worlds/sim/faults.ts'
import { add, EMPTY_SUMMARY, type Summary } from '../../../worlds/sim/summary.ts'
import { runSeeds } from '../../../worlds/sim/worker-pool.ts'

/** A simulation proves nothing about a fault, an edge or a refusal that never occurs in it. */

let sum: Summary = EMPTY_SUMMARY
beforeAll(async () => {
  await runSeeds(
    Array.from({ length: 200 }, (_, index) => index + 1),
    (result) => {
      sum = add(sum, result)
    },
  )
}, 600_000)

const edges = Object.entries(transitions).flatMap(([state, verbs]) =>
  Object.entries<readonly string[]>(verbs).flatMap(([verb, targets]) => targets.map((target) => `${state}: ${verb} → ${target}`)),
)

test.each(Object.keys(FAULTS))('this fault occurs in 200 seeds: %s', (fault) => {
  expect(sum.faults[fault]).toBeGreaterThan(0)
})

// The simulator runs no task in two environments; test/engine/execute/environment.test.ts does.
const ELSEWHERE = 'running: hold → pending'

test.each(edges.filter((edge) => edge !== ELSEWHERE))('this edge is used in 200 seeds: %s', (edge) => {
  expect(sum.edges[edge]).toBeGreaterThan(0)
})

test('every used edge is in transitions', () => {
  expect(Object.keys(sum.edges).filter((edge) => !edges.includes(edge))).toEqual([])
})

// The other codes are answers to requests, and never to a nudge.
test.each(['unknown', 'superseded', 'finished', 'cancelled', 'notAllowed', 'fenced', 'early', 'leased'])(
  'a nudge is refused in 200 seeds: %s',
  (code) => {
    expect(sum.refusals[code]).toBeGreaterThan(0)
  },
)
