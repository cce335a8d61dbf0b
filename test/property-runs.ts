import fc from 'fast-check'

/**
 * `PROPERTY_RUNS=1000 npx vitest run test/core` runs each property ten times as often as usual. `vitest.config.ts` then loads this
 * file before each test file.
 */
if (process.env.PROPERTY_RUNS) fc.configureGlobal({ numRuns: Number(process.env.PROPERTY_RUNS) })

const USUAL = 100

/** For a property that needs more than the usual runs: this many, in the proportion in which all are raised or lowered. */
export const runs = (count: number): { readonly numRuns: number } => ({
  numRuns: Math.ceil((count * (fc.readConfigureGlobal().numRuns ?? USUAL)) / USUAL),
})
