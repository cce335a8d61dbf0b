import type { DurationMs } from '../../core/duration.ts'

/** A random number in [0, 1). Seeded where a run must be repeatable. */
export type Random = () => number

/** Delivery faults that AWS allows and that rarely happen. Fractions of all deliveries; an absent one never happens. */
export type DeliveryFaults = {
  /** Fraction that is delivered or fired twice. */
  readonly duplicates?: number
  /** Fraction that is delayed, by up to `delayMs` (default 30,000). */
  readonly delays?: number
  readonly delayMs?: DurationMs
  /** Messages due at the same instant are delivered in random order. */
  readonly shuffles?: boolean
  /** Groups are ignored: first come, first served, as on an SQS queue whose messages have no group. */
  readonly unfair?: boolean
}

/**
 * Decides by chance whether a fault happens. A fraction of 0 draws no random number, so a fault that is switched off does
 * not change the run of a seed.
 */
export const chance = (random: Random, fraction = 0): boolean => fraction > 0 && random() < fraction
