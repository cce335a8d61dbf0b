import type { DurationMs } from '../duration.ts'

/** Waits in steps: each holds for the retries up to and including its number. */
export type Steps = readonly (readonly [retry: number, waitMs: DurationMs])[]

const MINUTE = 60_000

/** Business Central online: 99 retries over 468 minutes. Source: Microsoft Learn, "Task Scheduler", error handling. */
export const ONLINE: Steps = [
  [2, MINUTE / 2],
  [4, MINUTE],
  [6, 2 * MINUTE],
  [8, 3 * MINUTE],
  [99, 5 * MINUTE],
]

/** Business Central on-premises: 9 retries over 98 minutes. Source: as for `ONLINE`. */
export const ON_PREMISES: Steps = [
  [2, 2 * MINUTE],
  [3, 4 * MINUTE],
  [9, 15 * MINUTE],
]

/** The wait before a retry, which counts from 1; beyond the last step it stays as it is there. */
export const stepMs = (steps: Steps, retry: number): DurationMs =>
  (steps.find(([last]) => retry <= last) ?? steps.at(-1))?.[1] ?? 0

/** The attempts that a table is written for: all of its retries and the first one. */
export const attemptsOf = (steps: Steps): number => (steps.at(-1)?.[0] ?? 0) + 1

/**
 * What Business Central's job queue adds to an entry's own rerun delay after `failed` runs that failed: ten times as much
 * each time, and six hours from the eighth on. Source: the job queue of its base application (MIT).
 */
export const jobQueueExtraMs = (failed: number): DurationMs => (failed > 7 ? 360 * MINUTE : 10 ** failed)
