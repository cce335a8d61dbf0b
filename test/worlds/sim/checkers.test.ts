import { describe, expect, test } from 'vitest'
import { checkers } from '../../../worlds/sim/checkers/index.ts'
import { simulate } from '../../../worlds/sim/simulate.ts'
import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'

/** The most seeds that a mutant may need until a law notices it. The test of the simulator runs them all without mutants. */
const SEEDS_COUNT = 200

/** The first seed in which only the law of the mutant is broken. A mutant may break other laws in other seeds. */
const firstReport = async ({ name, law, seed: likely, ...mutant }: Mutant) => {
  const seeds = Array.from({ length: SEEDS_COUNT }, (_, index) => index + 1)
  for (const seed of likely === undefined ? seeds : [likely, ...seeds]) {
    const report = await simulate({ seed, ...mutant })
    if (Object.keys(report.violations).join() !== law) continue
    if (seed !== likely && seed > OFTEN)
      console.log(`${law} notices ${name} at seed ${seed}; add it to the mutant, so that no search is needed`)
    return report
  }
  return undefined
}

/** A rule that is broken in one of this many seeds needs no `seed`. */
const OFTEN = 10

describe('each checker notices its mutants', () => {
  test.each(mutants)('$law notices $name', { timeout: 300_000 }, async (mutant) => {
    const report = await firstReport(mutant)
    const [message] = report?.violations[mutant.law] ?? []
    expect(message).toMatch(/^\w+: task \S+ at 2026-\d\d-\d\dT[\d:.]+Z: /)
    expect(message).toContain(`(seed ${report?.seed}; replay: npm run simulate -- --seeds 1 --from ${report?.seed})`)
  })

  test('every checker has a mutant', () => {
    expect(new Set(mutants.map(({ law }) => law))).toEqual(new Set(Object.keys(checkers)))
  })
})
