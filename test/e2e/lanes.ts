import { type Lanes, lane } from '../../core/lanes.ts'

/**
 * A lane beside the default ones with a visibility timeout of ten seconds: on it a worker can be lost within seconds, and a
 * message can be delivered several times within a minute.
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
