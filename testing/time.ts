import { type Delay, parseDuration } from '../core/define.ts'
import { DURATION_FORM } from '../core/duration.ts'
import { type Instant, iso, parseInstant } from '../core/instant.ts'
import { toldLine } from '../core/told.ts'
import type { Log } from '../engine/world.ts'
import type { LocalTime } from '../worlds/local/world.ts'
import { sleepOn, virtualClock } from '../worlds/memory/clock.ts'

/** The default start of a world: a Monday. */
export const START: Instant = Date.UTC(2026, 0, 5, 9)

/** Virtual time that passes only in `runTo`. */
export type TestTime = LocalTime & {
  readonly now: () => Instant
  /** Runs in order everything due up to and including `until`, and stops there; earlier when `isOver`, called after each step, returns true. */
  readonly runTo: (until: Instant, isOver?: () => Promise<boolean>) => Promise<void>
}

/**
 * Makes virtual time that begins at `start`.
 *
 * @param settled resolves when nothing can continue before time passes
 */
export const testTime = (start: Instant, settled: () => Promise<void>): TestTime => {
  const clock = virtualClock(start, settled)
  let issuedCount = 0
  let isRunning = false

  const runTo: TestTime['runTo'] = async (until, isOver = async () => false) => {
    if (isRunning) throw new Error('time is already passing: await each advance, drain and expectation before the next one')
    isRunning = true
    // An empty callback, so that time reaches `until` even when nothing is due then.
    const cancel = clock.at(until, () => {})
    try {
      await settled()
      while (!(await isOver()) && (clock.next() ?? Number.POSITIVE_INFINITY) <= until) await clock.run(once())
    } finally {
      cancel()
      isRunning = false
    }
  }

  return {
    now: clock.now,
    runTo,
    ticker: { ...clock, stop: () => {} },
    clock: { now: clock.now, sleep: (ms, signal) => sleepOn(clock, ms, signal) },
    // The ids are the same in every run, so that a test may assert them.
    ids: { next: () => `${++issuedCount}`.padStart(26, '0') },
    deferCommit: queueMicrotask,
  }
}

const once = (): (() => boolean) => {
  let count = 0
  return () => count++ > 0
}

/** Reads a duration: `"1h"`, or milliseconds. @throws TypeError when it is neither */
export const msOf = (delay: Delay): number => {
  const ms = typeof delay === 'number' ? delay : parseDuration(delay)
  if (ms !== undefined && ms >= 0) return ms
  throw new TypeError(`${JSON.stringify(delay)} is not a duration; it must be milliseconds or ${DURATION_FORM}`)
}

/** Reads an instant: ISO 8601 with offset, or epoch milliseconds. @throws TypeError when it is neither */
export const instantOf = (time: Instant | string): Instant => {
  const at = typeof time === 'number' ? time : parseInstant(time)
  if (at !== undefined && Number.isFinite(at)) return at
  throw new TypeError(
    `${JSON.stringify(time)} is not a time; it must be ISO 8601 with offset, such as "2026-01-05T09:00:00Z", or epoch milliseconds`,
  )
}

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
  const line = (level: keyof Log) => (given: string, givenFields?: Readonly<Record<string, unknown>>) => {
    const { message, fields } = toldLine(given, givenFields)
    // Omitted: every five minutes the sweep logs at `info` that it repaired nothing. A repair is logged at `warn`.
    if (message !== 'sweep.done' || level !== 'info') lines.push({ at: iso(now()), level, message, fields })
  }
  return { info: line('info'), warn: line('warn'), error: line('error'), lines }
}
