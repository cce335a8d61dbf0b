import type { DurationMs } from '../duration.ts'
import type { Instant } from '../instant.ts'
import type { Calendars } from '../recurrence/next.ts'
import type { Stamp } from '../row/stamp.ts'
import type { TaskState } from '../task/row.ts'
import type { Overlap, RunId, SeriesDefinition } from './row.ts'

/**
 * The calendars that the schedule names, as the engine has read them. A command without them makes no decision that needs them:
 * the series is then woken at once, and `occur` brings them.
 */
type WithCalendars = { readonly calendars?: Calendars }

/** Every command of a series. */
export type SeriesCommand =
  /** Creates the series, or replaces its definition. */
  | (Stamp & WithCalendars & { readonly name: 'define'; readonly definition: SeriesDefinition; readonly requestDigest?: string })
  /** The wake-up: decides what is due. */
  | (Stamp & WithCalendars & { readonly name: 'occur'; readonly epoch: number })
  /** The relay: the task of an occurrence has ended. */
  | (Stamp & { readonly name: 'end'; readonly task: string; readonly state: TaskState; readonly endedAt: Instant })
  | (Stamp & WithCalendars & { readonly name: 'pause' })
  | (Stamp & WithCalendars & { readonly name: 'resume' })
  /** Makes an occurrence now, beside the schedule. `overlap` replaces the policy of the series for it. */
  | (Stamp & { readonly name: 'trigger'; readonly run: RunId; readonly overlap?: Overlap })
  /** Makes the occurrences from `from` up to and including `to`. */
  | (Stamp &
      WithCalendars & {
        readonly name: 'backfill'
        readonly run: RunId
        readonly from: Instant
        readonly to: Instant
        readonly overlap: 'bufferAll' | 'allow'
      })
  | (Stamp & { readonly name: 'delete'; readonly openTasks: 'keep' | 'cancel'; readonly retentionMs: DurationMs })
