import { type Instant, iso } from '../core/instant.ts'
import type { Log } from '../engine/world.ts'

/** One log line, of the engine (`task.started`…) or of a handler. */
export type LogLine = {
  /** ISO 8601. */
  readonly at: string
  readonly level: keyof Log
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A log that records its lines. */
export type RecordingLog = Log & { readonly lines: readonly LogLine[] }

/** Makes an empty log. */
export const recordingLog = (now: () => Instant): RecordingLog => {
  const lines: LogLine[] = []
  const line =
    (level: keyof Log) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      // Omitted: every five minutes the sweep logs at `info` that it repaired nothing. A repair is logged at `warn`.
      if (message !== 'sweep.done' || level !== 'info') lines.push({ at: iso(now()), level, message, fields })
    }
  return { info: line('info'), warn: line('warn'), error: line('error'), lines }
}
