import type { DurationMs } from './duration.ts'
import { LIMITS } from './limits.ts'

/** A lane: a queue with its executor. Tasks choose one by name; a slow lane cannot hold up a fast one. */
export type Lane = {
  readonly name: string
  /** How long the executor's function may run. */
  readonly functionTimeoutMs: DurationMs
  /** The longest timeout that a task of this lane may ask for. */
  readonly handlerTimeoutMs: DurationMs
  /** How long a claim is believed. After it the worker counts as lost. */
  readonly leaseMs: DurationMs
  /** How long a received message stays hidden: the watchdog of a crashed worker. */
  readonly visibilityMs: DurationMs
  readonly memoryMb: number
  /** Executions of this lane's function at once. */
  readonly maxConcurrency: number
  /** Messages that one execution takes. They run side by side, so one timeout bounds them all. */
  readonly batchCount: number
}

/**
 * How long before its function is killed an attempt is interrupted, so that it can still say so: at most half of what the
 * lane keeps free, or the handlers of a short lane would never have their whole time.
 */
export const deadlineMarginMs = ({ functionTimeoutMs, handlerTimeoutMs }: Lane): DurationMs =>
  Math.min(LIMITS.deadlineMarginMs, (functionTimeoutMs - handlerTimeoutMs) / 2)

/** All lanes of a deployment by name. */
export type Lanes = Readonly<Record<string, Lane>>

/** Derives the bounds of a lane from its function's timeout: handler < function < lease ≤ visibility. */
export const lane = (
  name: string,
  functionTimeoutMs: DurationMs,
  more: Partial<Pick<Lane, 'memoryMb' | 'maxConcurrency' | 'batchCount'>> = {},
): Lane => ({
  name,
  functionTimeoutMs,
  // Ten seconds, or a sixth of a short function's time, are left for claiming, committing and what else the batch does.
  handlerTimeoutMs: functionTimeoutMs - Math.min(10_000, Math.floor(functionTimeoutMs / 6)),
  leaseMs: functionTimeoutMs + 10_000,
  visibilityMs: functionTimeoutMs + 15_000,
  memoryMb: 512,
  maxConcurrency: 50,
  // One, so that a handler that takes its whole process down takes no other task with it.
  batchCount: 1,
  ...more,
})

/** The lanes that a deployment has unless it says otherwise. */
export const DEFAULT_LANES: Lanes = {
  high: lane('high', 60_000, { maxConcurrency: 100 }),
  normal: lane('normal', 60_000),
  low: lane('low', 60_000, { maxConcurrency: 10 }),
  long: lane('long', 840_000, { maxConcurrency: 20 }),
}

/** The lane of tasks that name none. */
export const DEFAULT_LANE = 'normal'

/** Carillon's own lane: on it gates are turned and operations go on. It runs no task, and no deployment can have another of its name. */
export const CONTROL_LANE: Lane = lane('control', 60_000, { maxConcurrency: 10 })

/** What is wrong with a lane's bounds, in words; empty when they are safe. `lib` and the worlds refuse to start on any. */
export const laneFaults = (it: Lane): readonly string[] => {
  const rules: readonly (readonly [boolean, string])[] = [
    [it.name !== CONTROL_LANE.name, "the name is taken by Carillon's own lane; choose another"],
    [it.handlerTimeoutMs > 0, `handler timeout ${it.handlerTimeoutMs} ms must be positive`],
    [
      it.handlerTimeoutMs < it.functionTimeoutMs,
      `handler timeout ${it.handlerTimeoutMs} ms must be below the function timeout ${it.functionTimeoutMs} ms`,
    ],
    [
      it.functionTimeoutMs <= LIMITS.functionTimeoutMs,
      `function timeout ${it.functionTimeoutMs} ms must be at most ${LIMITS.functionTimeoutMs} ms, which is Lambda's`,
    ],
    [
      it.functionTimeoutMs < it.leaseMs,
      `function timeout ${it.functionTimeoutMs} ms must be below the lease ${it.leaseMs} ms, or a live worker is taken for lost`,
    ],
    [
      it.leaseMs <= it.visibilityMs,
      `lease ${it.leaseMs} ms must be at most the visibility ${it.visibilityMs} ms, or the watchdog barks too early`,
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
