import type { DurationMs } from './duration.ts'
import type { Instant } from './instant.ts'
import { LIMITS } from './limits.ts'

/** How a row is woken: by a delayed message (near), or by a timer that sends a message (far). */
export type Wakeup = { readonly by: 'queue'; readonly delayMs: DurationMs } | { readonly by: 'timer'; readonly at: Instant }

const MINUTE = 60_000

/** Is this wake-up too far ahead for a delayed message? */
export const isFar = (now: Instant, dueAt: Instant): boolean => dueAt - now > LIMITS.queueDelayMs

/**
 * Chooses how to wake a row at `dueAt`. A near time uses a delayed message, which is exact to the second and needs no timer. A far
 * time uses a timer at the whole minute before, minus one minute, because EventBridge Scheduler fires within a minute. The early
 * message is then sent again with the remaining delay, so the start is exact to the second.
 *
 * @example wakeup(0, 30_000)    // { by: 'queue', delayMs: 30_000 }
 * @example wakeup(0, 3_605_000) // { by: 'timer', at: 3_540_000 }: 59 minutes, for a start at 1 h 5 s
 */
export const wakeup = (now: Instant, dueAt: Instant): Wakeup => {
  if (!isFar(now, dueAt)) return { by: 'queue', delayMs: Math.max(0, dueAt - now) }
  return { by: 'timer', at: Math.floor(dueAt / MINUTE) * MINUTE - LIMITS.timerToleranceMs }
}

/** The delay of an early message that is sent again: the remaining time, at most the longest delay of a message. */
export const remainingDelay = (now: Instant, dueAt: Instant): DurationMs =>
  Math.min(LIMITS.queueDelayMs, Math.max(0, dueAt - now))
