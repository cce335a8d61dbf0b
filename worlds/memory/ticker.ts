import type { Instant } from '../../core/instant.ts'

/** Time for the memory parts: what it is, and a callback when it has come. Real in `worlds/local`, virtual in `worlds/sim`. */
export type Ticker = {
  readonly now: () => Instant
  /** Runs the callback once `now()` is at least `when`; answers how to call it off. */
  readonly at: (when: Instant, run: () => void) => () => void
}

/** A fraction in [0, 1). Seeded wherever a run must be repeatable. */
export type Random = () => number
