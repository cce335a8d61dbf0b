import type { DurationMs } from './duration.ts'
import { fraction } from './hash.ts'
import type { Instant } from './instant.ts'
import { LIMITS } from './limits.ts'

/** How a row is woken: by a delayed message (near), or by a timer that sends a message (far). */
export type Wakeup = { readonly by: 'queue'; readonly delayMs: DurationMs } | { readonly by: 'timer'; readonly at: Instant }

const MINUTE = 60_000

/** Is this wake-up too far ahead for a delayed message? */
export const isFar = (now: Instant, dueAt: Instant): boolean => dueAt - now > LIMITS.queueDelayMs

/**
 * Chooses how to wake a row at `dueAt`. A near time uses a delayed message, which is exact to the second and needs no timer. A far
 * time uses a timer at a whole minute, 1 to 15 minutes before: EventBridge Scheduler fires within a minute, and only so many
 * timers in a second, so the timers of many rows that are due at one time are spread over the minutes before it. Every early
 * message is sent again with the remaining delay, so the start is exact to the second.
 *
 * @param id of the row. The same row always has the same timer, because arming a name again must change nothing
 * @example wakeup(0, 30_000, 't1')    // { by: 'queue', delayMs: 30_000 }
 * @example wakeup(0, 3_605_000, 't1') // { by: 'timer', at: 3_180_000 }: 53 minutes, for a start at 1 h 5 s
 */
export const wakeup = (now: Instant, dueAt: Instant, id: string): Wakeup => {
  if (!isFar(now, dueAt)) return { by: 'queue', delayMs: Math.max(0, dueAt - now) }
  const at = wholeMinutes(dueAt) - LIMITS.timerToleranceMs - wholeMinutes(fraction(id) * LIMITS.timerSpreadMs)
  // Scheduler refuses a time in the past, and arming takes a moment.
  return { by: 'timer', at: at < now + MINUTE ? at + MINUTE : at }
}

const wholeMinutes = (ms: number): number => Math.floor(ms / MINUTE) * MINUTE

/** The delay of an early message that is sent again: the remaining time, at most the longest delay of a message. */
export const remainingDelay = (now: Instant, dueAt: Instant): DurationMs =>
  Math.min(LIMITS.queueDelayMs, Math.max(0, dueAt - now))
