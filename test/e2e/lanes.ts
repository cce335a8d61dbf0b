import { type Lanes, lane } from '../../core/lanes.ts'

/**
 * A lane beside the default ones, whose messages come back after ten seconds: there a worker can be lost, and a message
 * can die five times, within a minute.
 */
export const LANES: Lanes = {
  brief: {
    ...lane('brief', 6_000),
    handlerTimeoutMs: 5_000,
    leaseMs: 8_000,
    visibilityMs: 10_000,
    maxConcurrency: 2,
    batchCount: 1,
  },
}
