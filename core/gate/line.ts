import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'

/** How much a task presses when it has to wait at a gate. Source of the three: the job queue's High, Normal and Low. */
export const PRIORITIES = ['high', 'normal', 'low'] as const
/** One of these. */
export type Priority = (typeof PRIORITIES)[number]

/**
 * How much later than it came a task stands in line. So of two that wait the more important goes first, and yet nobody
 * starves: whoever comes longer than this after a waiting one stands behind it, whatever its priority.
 */
const HANDICAP_MS: Readonly<Record<Priority, DurationMs>> = {
  high: 0,
  normal: LIMITS.normalHandicapMs,
  low: LIMITS.lowHandicapMs,
}

/** Where a task that came at `since` stands: the lower the sooner. @example rankOf('low', 0) // 1800000 */
export const rankOf = (priority: Priority, since: Instant): number => since + HANDICAP_MS[priority]

/** A place in a line as a text that sorts as the ranks do; among equals, by task. */
export const placeInLine = (rank: number, task: string): string => `${String(rank).padStart(RANK_DIGITS, '0')}#${task}`

/** The task at a place in a line, as `tenant/id`. */
export const taskAt = (place: string): string => place.slice(RANK_DIGITS + 1)

const RANK_DIGITS = 16
