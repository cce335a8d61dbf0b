import type { DurationMs } from '../../core/duration.ts'
import { DEFAULT_LANES, lane } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import type { Timers } from '../../engine/world.ts'
import { CROWD_START, runCrowd } from './crowd.ts'

/** Many far tasks that are due at one time, on a lane that is faster than the timers of the account. */
export type Herd = {
  readonly tasksCount: number
  /** How long each task runs. */
  readonly runMs: DurationMs
  /** Tasks that run at the same time. */
  readonly concurrencyCount: number
  /** Timers that fire in one second. Source: EventBridge Scheduler quotas, 1,000 by default. */
  readonly timersPerSecondCount: number
  /** Arms every timer at the last whole minute that is early enough, as if timers were not spread. */
  readonly unspread?: boolean
}

/** How many tasks started; how late the first one and the last one did. */
export type HerdResult = { readonly startedCount: number; readonly firstLateMs: DurationMs; readonly lastLateMs: DurationMs }

/** A million tasks, 1,000 timers a second, and a lane that starts 5,000 tasks a second. */
export const HERD: Herd = { tasksCount: 1_000_000, runMs: 200, concurrencyCount: 1_000, timersPerSecondCount: 1_000 }

/** A herd of so many tasks, with timers and a lane that are smaller by the same factor: it takes the same virtual time. */
export const herdOf = (tasksCount: number): Herd => {
  const share = tasksCount / HERD.tasksCount
  return {
    ...HERD,
    tasksCount,
    concurrencyCount: Math.max(1, Math.round(HERD.concurrencyCount * share)),
    timersPerSecondCount: HERD.timersPerSecondCount * share,
  }
}

/** How long the lane needs for all tasks of a herd, when all messages are there at their time. */
export const laneMsOf = ({ tasksCount, runMs, concurrencyCount }: Herd): DurationMs =>
  Math.ceil(tasksCount / concurrencyCount) * runMs

/** Far enough that every task has a timer. */
const DUE = CROWD_START + 3_600_000
const MINUTE = 60_000

/** Runs a herd without faults and measures when its tasks start. */
export const runHerd = async (herd: Herd): Promise<HerdResult> => {
  const { tasksCount, runMs, concurrencyCount, timersPerSecondCount, unspread } = herd
  const normal = lane('normal', DEFAULT_LANES.normal?.functionTimeoutMs ?? MINUTE, { maxConcurrency: concurrencyCount })
  const starts = await runCrowd(
    {
      dueAt: DUE,
      runMs,
      lanes: { ...DEFAULT_LANES, normal },
      timersPerSecondCount,
      ...(unspread ? { timers: lastMinute } : {}),
    },
    [{ tenant: 'herd', count: tasksCount }],
  )
  const lates = starts.map(({ at }) => at - DUE)
  return {
    startedCount: lates.length,
    firstLateMs: lates.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY),
    lastLateMs: lates.reduce((a, b) => Math.max(a, b), 0),
  }
}

/** All tasks of a herd have one time, so without the spread they would share this instant. */
const lastMinute = ({ arm, disarm }: Timers): Timers => ({
  arm: (timer) => arm({ ...timer, at: Math.floor(timer.nudge.dueAt / MINUTE) * MINUTE - LIMITS.timerToleranceMs }),
  disarm,
})
