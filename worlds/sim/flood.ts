import type { DurationMs } from '../../core/duration.ts'
import { LIMITS } from '../../core/limits.ts'
import { CROWD_START, runCrowd } from './crowd.ts'

/** One tenant with many tasks beside tenants with few, all on one lane and due at one instant. */
export type Flood = {
  /** Tasks of the flooding tenant. */
  readonly floodCount: number
  /** The other tenants, and the tasks of each. */
  readonly tenantsCount: number
  readonly tasksCount: number
  /** How long each task runs. */
  readonly runMs: DurationMs
  /** Sends without message groups, so the queue cannot separate tenants. */
  readonly unfair?: boolean
}

/** How many tasks started on each side, and how late the last one did. */
export type FloodResult = Readonly<Record<'flood' | 'others', { readonly startedCount: number; readonly lastLateMs: DurationMs }>>

/** The most that the others may be late: the few rounds in which they share the lane with the flood, with a margin. */
export const FLOOD_BOUND_MS = 5_000

/** One tenant with 100,000 tasks beside ten tenants with ten tasks each. */
export const FLOOD: Flood = { floodCount: 100_000, tenantsCount: 10, tasksCount: 10, runMs: 200 }

/** Near enough that all tasks wait as delayed messages, and later than the last creation. */
const DUE = CROWD_START + LIMITS.queueDelayMs
const FLOODER = 'flooder'

/**
 * Runs a flood without faults and measures when tasks start. The flood is created first, so a queue without groups delivers
 * it first.
 */
export const runFlood = async ({ floodCount, tenantsCount, tasksCount, runMs, unfair = false }: Flood): Promise<FloodResult> => {
  const others = Array.from({ length: tenantsCount }, (_, at) => ({ tenant: `small-${at}`, count: tasksCount }))
  const starts = await runCrowd({ dueAt: DUE, runMs, unfair }, [{ tenant: FLOODER, count: floodCount }, ...others])
  const side = (isFlood: boolean) => {
    const lates = starts.filter(({ tenant }) => (tenant === FLOODER) === isFlood).map(({ at }) => at - DUE)
    return { startedCount: lates.length, lastLateMs: lates.reduce((a, b) => Math.max(a, b), 0) }
  }
  return { flood: side(true), others: side(false) }
}
