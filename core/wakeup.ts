import type { DurationMs } from './duration.ts'
import type { Instant } from './instant.ts'
import { LIMITS } from './limits.ts'

/** How a row is woken: by a delayed message (near), or by a timer that will send one (far). */
export type Wakeup = { readonly by: 'queue'; readonly delayMs: DurationMs } | { readonly by: 'timer'; readonly at: Instant }

const MINUTE = 60_000

/** Is this wake-up too far ahead for a delayed message? */
export const isFar = (now: Instant, dueAt: Instant): boolean => dueAt - now > LIMITS.queueDelayMs

/**
 * Decides how to wake something at `dueAt`. Near times ride on the queue, whose delay is exact to the second and free of
 * the timer's fee. Far ones get a timer at the whole minute before, less the minute that the timer service may be late;
 * what then comes early is sent on with the remaining delay. So a service that promises a minute yields a start within a second.
 *
 * @example wakeup(0, 30_000)    // { by: 'queue', delayMs: 30_000 }
 * @example wakeup(0, 3_605_000) // { by: 'timer', at: 3_540_000 }: 59 minutes, for a start at 1 h 5 s
 */
export const wakeup = (now: Instant, dueAt: Instant): Wakeup => {
  if (!isFar(now, dueAt)) return { by: 'queue', delayMs: Math.max(0, dueAt - now) }
  return { by: 'timer', at: Math.floor(dueAt / MINUTE) * MINUTE - LIMITS.timerToleranceMs }
}

/** The delay with which an early message is sent on: what remains, or as much of it as one message can carry. */
export const remainingDelay = (now: Instant, dueAt: Instant): DurationMs =>
  Math.min(LIMITS.queueDelayMs, Math.max(0, dueAt - now))
