import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import type { Local } from './local.ts'
import type { Reason } from './wall-clock.ts'
import type { TimeZone } from './zone.ts'

/** What a recurrence needs to know of its series. */
export type Setting = {
  readonly timeZone: TimeZone
  /** The first occurrence of a rate; the DTSTART of a rule without one. */
  readonly anchor: Instant
}

/**
 * A recurrence that is ready to be asked. There are three sorts:
 *
 * - A *wall clock* names times of the day. A zone turns them into instants; the series says what a skipped or repeated hour means.
 * - An *elapsed* one counts time. It knows instants only.
 * - A *chained* one counts from the end of the run before. It knows no times but the next one.
 */
export type Recurring =
  | {
      readonly sort: 'wallClock'
      /** The first time after this one; undefined when there is none any more. */
      readonly nextLocal: (after: Local) => Local | undefined
      /** It runs in both passes of a repeated hour, unless the series says otherwise. */
      readonly everyPass?: boolean
    }
  | { readonly sort: 'elapsed'; readonly nextInstant: (after: Instant) => Instant | undefined; readonly period?: DurationMs }
  | {
      readonly sort: 'chained'
      /** The initial run of a series that starts to wait now. */
      readonly initial: (from: Instant) => Due | undefined
      /** The run after one that ended then, later than its end. `dueAt` is the nominal time of that run, if it is known. */
      readonly afterEnd: (endedAt: Instant, dueAt?: Instant) => Due | undefined
    }

/** The next time of a chained recurrence: an instant that follows from elapsed time, or a time on the clock, as of a wall clock. */
export type Due = { readonly at: Instant } | { readonly local: Local; readonly reason?: Reason }
