import { DEFAULT_LANES, type Lanes, lane } from '../../core/lanes.ts'

/**
 * The lanes of this test: the default ones, and `brief`, whose messages come back after ten seconds. There a worker can
 * be lost and a message can die five times within a minute.
 */
export const LANES: Lanes = {
  ...DEFAULT_LANES,
  brief: {
    ...lane('brief', 6_000),
    handlerTimeoutMs: 5_000,
    leaseMs: 8_000,
    visibilityMs: 10_000,
    maxConcurrency: 2,
    batchCount: 1,
  },
}
