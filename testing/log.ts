import { type Instant, iso } from '../core/instant.ts'
import type { Log } from '../engine/world.ts'

/** One line that was logged: by the engine (`task.started`…) or by a handler. */
export type LogLine = {
  /** ISO 8601. */
  readonly at: string
  readonly level: keyof Log
  readonly message: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** A log that keeps its lines. */
export type KeptLog = Log & { readonly lines: readonly LogLine[] }

/** Makes an empty log. */
export const keptLog = (now: () => Instant): KeptLog => {
  const lines: LogLine[] = []
  const line =
    (level: keyof Log) =>
    (message: string, fields: Readonly<Record<string, unknown>> = {}) => {
      // The sweep says every five minutes that there was nothing to do, and says so by a warning when there was.
      if (message !== 'sweep.done' || level !== 'info') lines.push({ at: iso(now()), level, message, fields })
    }
  return { info: line('info'), warn: line('warn'), error: line('error'), lines }
}
