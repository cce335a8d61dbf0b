import type { Instant } from '../core/instant.ts'
import { LIMITS } from '../core/limits.ts'

/**
 * Should a row that is this much overdue be woken by this sweep? At the first look, and then around 4, 8, 16 and 32 minutes
 * and every 32 after that: a lost wake-up is mended at once, while a long backlog, whose rows are overdue without anything
 * being lost, is not made longer by a copy of each message at every sweep. Each moment is looked for over two intervals,
 * so that a sweep that failed or came late misses none.
 *
 * @param overdueMs since the wake-up that did not happen
 */
export const repairsNow = (overdueMs: number): boolean => overdueMs - momentBy(overdueMs) < LOOKS_MS

/**
 * The first instant from `at` on whose rows, had they been due then, would be woken by a sweep at `now`: what was due between
 * the two need not even be read. So those who wait rightly for hours, as in a long pause, do not hold up the walk.
 *
 * @param at what was due then is overdue for long enough to be looked at some time
 * @example lookedAtFrom(now - 30 * MINUTE, now) // now - 26 * MINUTE + 1: the looks around 16 minutes last for ten
 */
export const lookedAtFrom = (at: Instant, now: Instant): Instant => Math.max(at, now - momentBy(now - at) - LOOKS_MS + 1)

/** The last repair moment at or before this much delay; before the first there is none to be near to. */
const momentBy = (overdueMs: number): number => {
  const units = overdueMs / LIMITS.sweepGraceMs
  if (units < 1) return Number.NEGATIVE_INFINITY
  const whole = units < STEADY_UNITS ? 2 ** Math.floor(Math.log2(units)) : STEADY_UNITS * Math.floor(units / STEADY_UNITS)
  return whole * LIMITS.sweepGraceMs
}

const LOOKS_MS = 2 * LIMITS.sweepEveryMs
const STEADY_UNITS = 16
