import type { DurationMs } from './duration.ts'
import { LIMITS } from './limits.ts'

/** A lane: a queue with its executor. A task names its lane; slow tasks on one lane do not delay another lane. */
export type Lane = {
  readonly name: string
  /** Timeout of the executor's function. */
  readonly functionTimeoutMs: DurationMs
  /** The longest timeout of a task on this lane. */
  readonly handlerTimeoutMs: DurationMs
  /** How long a claim is valid. After it the worker counts as lost. */
  readonly leaseMs: DurationMs
  /** Visibility timeout of the queue: SQS redelivers the message of a crashed worker after it. */
  readonly visibilityMs: DurationMs
  readonly memoryMb: number
  /** Executions of this lane's function at once. */
  readonly maxConcurrency: number
  /** Messages of one execution. They run in parallel within one function timeout. */
  readonly batchCount: number
}

/**
 * How long before the end of its function an attempt is interrupted, so that its failure can still be stored. At most half of
 * the time between handler and function timeout: otherwise a handler of a short lane would never get its whole timeout.
 */
export const deadlineMarginMs = ({ functionTimeoutMs, handlerTimeoutMs }: Lane): DurationMs =>
  Math.min(LIMITS.deadlineMarginMs, (functionTimeoutMs - handlerTimeoutMs) / 2)

/** All lanes of a deployment by name. */
export type Lanes = Readonly<Record<string, Lane>>

/**
 * Derives the bounds of a lane from its function timeout: handler < function < lease ≤ visibility.
 *
 * @example lane('normal', 60_000) // handler 50 s, lease 70 s, visibility 75 s
 */
export const lane = (
  name: string,
  functionTimeoutMs: DurationMs,
  more: Partial<Pick<Lane, 'memoryMb' | 'maxConcurrency' | 'batchCount'>> = {},
): Lane => ({
  name,
  functionTimeoutMs,
  // Ten seconds, or a sixth of a short function's time, remain for the claim, the commit and other work of the batch.
  handlerTimeoutMs: functionTimeoutMs - Math.min(10_000, Math.floor(functionTimeoutMs / 6)),
  leaseMs: functionTimeoutMs + 10_000,
  visibilityMs: functionTimeoutMs + 15_000,
  memoryMb: 512,
  maxConcurrency: 50,
  // One, so that a handler that crashes the process affects no other task.
  batchCount: 1,
  ...more,
})

/** The lanes of a deployment, by default. */
export const DEFAULT_LANES: Lanes = {
  high: lane('high', 60_000, { maxConcurrency: 100 }),
  normal: lane('normal', 60_000),
  low: lane('low', 60_000, { maxConcurrency: 10 }),
  long: lane('long', 840_000, { maxConcurrency: 20 }),
}

/** The lane of a task that names none. */
export const DEFAULT_LANE = 'normal'

/** Carillon's own lane for gates and bulk operations. It runs no tasks, and a deployment cannot define a lane of this name. */
export const CONTROL_LANE: Lane = lane('control', 60_000, { maxConcurrency: 10 })

/** Errors in a lane's bounds, as messages; empty when they are safe. `lib` and the worlds refuse to start with any. */
export const laneFaults = (it: Lane): readonly string[] => {
  const rules: readonly (readonly [boolean, string])[] = [
    [it.name !== CONTROL_LANE.name, 'the name is reserved for gates and bulk operations; choose another'],
    [it.handlerTimeoutMs > 0, `handler timeout ${it.handlerTimeoutMs} ms must be positive`],
    [
      it.handlerTimeoutMs < it.functionTimeoutMs,
      `handler timeout ${it.handlerTimeoutMs} ms must be below the function timeout ${it.functionTimeoutMs} ms`,
    ],
    [
      it.functionTimeoutMs <= LIMITS.functionTimeoutMs,
      `function timeout ${it.functionTimeoutMs} ms must be at most ${LIMITS.functionTimeoutMs} ms, the maximum of Lambda`,
    ],
    [
      it.functionTimeoutMs < it.leaseMs,
      `function timeout ${it.functionTimeoutMs} ms must be below the lease ${it.leaseMs} ms, otherwise a live worker counts as lost`,
    ],
    [
      it.leaseMs <= it.visibilityMs,
      `lease ${it.leaseMs} ms must be at most the visibility ${it.visibilityMs} ms, otherwise SQS redelivers during a valid lease`,
    ],
    [
      it.visibilityMs <= LIMITS.queueVisibilityMs,
      `visibility ${it.visibilityMs} ms must be at most ${LIMITS.queueVisibilityMs} ms`,
    ],
    [
      it.maxConcurrency >= LIMITS.laneConcurrencyLeastCount && it.maxConcurrency <= LIMITS.laneConcurrencyMostCount,
      `max concurrency ${it.maxConcurrency} must be ${LIMITS.laneConcurrencyLeastCount} to ${LIMITS.laneConcurrencyMostCount}`,
    ],
    [
      it.batchCount >= 1 && it.batchCount <= LIMITS.queueBatchCount,
      `batch ${it.batchCount} must be 1 to ${LIMITS.queueBatchCount}`,
    ],
  ]
  return rules.filter(([holds]) => !holds).map(([, text]) => `lane ${it.name}: ${text}`)
}
