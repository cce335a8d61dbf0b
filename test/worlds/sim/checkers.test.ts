import { describe, expect, test } from 'vitest'
import { checkers } from '../../../worlds/sim/checkers/index.ts'
import { simulate } from '../../../worlds/sim/simulate.ts'
import type { Mutant } from './mutant.ts'
import { mutants } from './mutants.ts'

/** The most seeds that a mutant may need until a law notices it. */
const SEEDS_COUNT = 200

/** The first seed in which only the law of the mutant is broken. A mutant may break other laws in other seeds. */
const firstReport = async (mutant: Mutant) => {
  for (let seed = 1; seed <= SEEDS_COUNT; seed++) {
    const report = await simulate({ seed, ...mutant })
    if (Object.keys(report.violations).join() === mutant.law) return report
  }
  return undefined
}

describe('each checker notices its mutants', () => {
  test.each(mutants)('$law notices $name', { timeout: 300_000 }, async (mutant) => {
    const report = await firstReport(mutant)
    const [message] = report?.violations[mutant.law] ?? []
    expect(message).toMatch(/^\w+: task \S+ at 2026-\d\d-\d\dT[\d:.]+Z: /)
    expect(message).toContain(`(seed ${report?.seed}; replay: npm run simulate -- --seeds 1 --from ${report?.seed})`)
    // Without the mutant, the same seed keeps every law.
    expect((await simulate({ seed: report?.seed ?? 1 })).violations).toEqual({})
  })

  test('every checker has a mutant', () => {
    expect(new Set(mutants.map(({ law }) => law))).toEqual(new Set(Object.keys(checkers)))
  })
})
