import { replay } from './checkers/checker.ts'
import type { Counts } from './coverage.ts'
import type { Report } from './simulate.ts'
import type { SeedResult } from './worker-pool.ts'

/** The sum of many runs. */
export type Summary = {
  readonly seedCount: number
  readonly commitCount: number
  readonly faults: Counts
  readonly states: Counts
  readonly edges: Counts
  readonly refusals: Counts
  /** One text for each seed with violations or an error. */
  readonly failures: readonly string[]
}

/** No runs yet. */
export const EMPTY_SUMMARY: Summary = {
  seedCount: 0,
  commitCount: 0,
  faults: {},
  states: {},
  edges: {},
  refusals: {},
  failures: [],
}

/** Adds one run. */
export const add = (sum: Summary, result: SeedResult): Summary => {
  if (!('report' in result)) {
    const failure = `seed ${result.seed} stopped the simulation:\n${result.error}\nreplay: ${replay(result.seed)}`
    return { ...sum, seedCount: sum.seedCount + 1, failures: [...sum.failures, failure] }
  }
  const { report } = result
  const failure = failureOf(report)
  return {
    seedCount: sum.seedCount + 1,
    commitCount: sum.commitCount + report.commitCount,
    faults: plus(sum.faults, report.faults),
    states: plus(sum.states, report.states),
    edges: plus(sum.edges, report.coverage.edges),
    refusals: plus(sum.refusals, report.coverage.refusals),
    failures: failure ? [...sum.failures, failure] : sum.failures,
  }
}

/** The faults and violations of a run; undefined when every law was kept. */
export const failureOf = ({ seed, faults, violations }: Report): string | undefined => {
  const messages = Object.values(violations).flat()
  if (messages.length === 0) return undefined
  const occurred = Object.entries(faults).filter(([, count]) => count > 0)
  return [
    `seed ${seed}: ${occurred.map(([fault, count]) => `${fault} ${count}×`).join(', ') || 'no faults'}`,
    ...messages.map((message) => `  ${message}`),
    `replay: ${replay(seed)}`,
  ].join('\n')
}

/** The summary as text. */
export const textOf = (sum: Summary): string =>
  [
    `${sum.seedCount} seeds, ${sum.commitCount} commits, ${sum.failures.length} seeds with failures`,
    `faults:  ${listed(sum.faults)}`,
    `tasks:   ${listed(sum.states)}`,
    `nudges refused: ${listed(sum.refusals)}`,
  ].join('\n')

const plus = (a: Counts, b: Counts): Counts => {
  const sum = { ...a }
  for (const [name, count = 0] of Object.entries(b)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

const listed = (counts: Counts): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ')
