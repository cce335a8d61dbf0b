import type { DurationMs } from '../../core/duration.ts'

/** What AWS may do to messages and timers, and mostly does not. Fractions of the occasions; absent is never. */
export type Unkind = {
  /** Delivered or fired twice. */
  readonly doubles?: number
  /** Held up, for up to `delayMs` (default 30,000). */
  readonly delays?: number
  readonly delayMs?: DurationMs
  /** What is due at the same instant comes in any order. */
  readonly shuffles?: boolean
  /** Groups are not looked at, as on a queue to which messages are sent without one: first come, first served. */
  readonly unfair?: boolean
}

/** Does it happen this time? Asks the dice only when it can, so that what is switched off leaves a seed's run as it was. */
export const chance = (random: Random, fraction = 0): boolean => fraction > 0 && random() < fraction

/** A fraction in [0, 1). Seeded wherever a run must be repeatable. */
export type Random = () => number
