import { beforeAll, expect, test } from 'vitest'
import { transitions } from '../../../core/task/row.ts'
import { FAULTS } from '../../../worlds/sim/faults.ts'
import { add, EMPTY_SUMMARY, type Summary } from '../../../worlds/sim/summary.ts'
import { runSeeds } from '../../../worlds/sim/worker-pool.ts'

/** A simulation that never meets a thing proves nothing about it. */

let sum: Summary = EMPTY_SUMMARY
beforeAll(async () => {
  await runSeeds(
    Array.from({ length: 200 }, (_, index) => index + 1),
    (said) => {
      sum = add(sum, said)
    },
  )
}, 600_000)

const edges = Object.entries(transitions).flatMap(([state, verbs]) =>
  Object.entries<readonly string[]>(verbs).flatMap(([verb, targets]) => targets.map((target) => `${state}: ${verb} → ${target}`)),
)

test.each(Object.keys(FAULTS))('in 200 seeds it happens: %s', (fault) => {
  expect(sum.faults[fault]).toBeGreaterThan(0)
})

// Nothing here runs a task in one environment and then in another: test/engine/execute/environment.test.ts does.
const ELSEWHERE = 'running: hold → pending'

test.each(edges.filter((edge) => edge !== ELSEWHERE))('in 200 seeds this edge is walked: %s', (edge) => {
  expect(sum.edges[edge]).toBeGreaterThan(0)
})

test('no edge is walked that transitions does not have', () => {
  expect(Object.keys(sum.edges).filter((edge) => !edges.includes(edge))).toEqual([])
})

// The other codes answer callers: a nudge is never a creation or a request.
test.each(['unknown', 'superseded', 'finished', 'cancelled', 'notAllowed', 'fenced', 'early', 'leased'])(
  'in 200 seeds a nudge is refused: %s',
  (code) => {
    expect(sum.refusals[code]).toBeGreaterThan(0)
  },
)
