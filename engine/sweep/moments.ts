import type { DurationMs } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'

/** The repair moments after `from`, up to and including `to`. Each sweep takes the moments since the last one, so each moment has one sweep. */
export type Interval = { readonly from: Instant; readonly to: Instant }

/**
 * Has a row that was due at `due` a repair moment in this interval? Its moments come 2, 4, 8, 16 and 32 minutes after it was
 * due, and every 32 minutes after that. A lost wake-up is repaired at the first moment. Rows that are overdue although nothing
 * was lost, in a backlog or at a paused gate, are looked at more and more rarely.
 *
 * @example hasMoment(0, { from: 5 * MINUTE, to: 10 * MINUTE }) // true: the moment at 8 minutes
 */
export const hasMoment = (due: Instant, { from, to }: Interval): boolean => lastMoment(to - due) > from - due

/**
 * The first due time at or after `due` that has a moment in the interval. Rows that were due between the two need not be read,
 * so tasks that wait correctly for hours, as in a long pause, do not slow down the walk.
 *
 * @param due at least `LIMITS.sweepGraceMs` before `to`
 */
export const nextWithMoment = (due: Instant, { from, to }: Interval): Instant =>
  Math.max(due, to - lastMoment(to - due) - (to - from) + 1)

/** The last repair moment at or before this delay; -Infinity before the first one. */
const lastMoment = (overdueMs: DurationMs): DurationMs => {
  const units = overdueMs / LIMITS.sweepGraceMs
  if (units < 1) return Number.NEGATIVE_INFINITY
  const momentUnits = units < STEADY_UNITS ? 2 ** Math.floor(Math.log2(units)) : STEADY_UNITS * Math.floor(units / STEADY_UNITS)
  return momentUnits * LIMITS.sweepGraceMs
}

const STEADY_UNITS = 16
