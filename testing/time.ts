import { type Delay, parseDuration } from '../core/define.ts'
import { DURATION_FORM } from '../core/duration.ts'
import { type Instant, parseInstant } from '../core/instant.ts'
import type { LocalTime } from '../worlds/local/world.ts'
import { sleepOn, virtualClock } from '../worlds/memory/clock.ts'

/** When a world begins unless it is said otherwise: a Monday. */
export const START: Instant = Date.UTC(2026, 0, 5, 9)

/** Time that stands still until it is told to pass. */
export type HandTime = LocalTime & {
  readonly now: () => Instant
  /** Runs what falls due up to and with `until`, in order, and ends there; or where `isOver` says so, asked after each step. */
  readonly runTo: (until: Instant, isOver?: () => Promise<boolean>) => Promise<void>
}

/**
 * Makes time that begins at `start`.
 *
 * @param settled resolves when nothing can go on without time passing
 */
export const handTime = (start: Instant, settled: () => Promise<void>): HandTime => {
  const clock = virtualClock(start, settled)
  let issuedCount = 0
  let isRunning = false

  const runTo: HandTime['runTo'] = async (until, isOver = async () => false) => {
    if (isRunning) throw new Error('time is passing already: await each advance, drain and expectation before the next one')
    isRunning = true
    // Time comes to its end also where nothing happens there.
    const callOff = clock.at(until, () => {})
    try {
      await settled()
      while (!(await isOver()) && (clock.next() ?? Number.POSITIVE_INFINITY) <= until) await clock.run(once())
    } finally {
      callOff()
      isRunning = false
    }
  }

  return {
    now: clock.now,
    runTo,
    ticker: { ...clock, stop: () => {} },
    clock: { now: clock.now, sleep: (ms, signal) => sleepOn(clock, ms, signal) },
    // The same in every run, so that a test may show them.
    ids: { next: () => `${++issuedCount}`.padStart(26, '0') },
    soon: queueMicrotask,
  }
}

const once = (): (() => boolean) => {
  let count = 0
  return () => count++ > 0
}

/** Reads a length of time: `"1h"`, or milliseconds. @throws TypeError when it is neither */
export const msOf = (delay: Delay): number => {
  const ms = typeof delay === 'number' ? delay : parseDuration(delay)
  if (ms !== undefined && ms >= 0) return ms
  throw new TypeError(`${JSON.stringify(delay)} is no length of time; it must be milliseconds or ${DURATION_FORM}`)
}

/** Reads a point in time: ISO 8601 with offset, or epoch milliseconds. @throws TypeError when it is neither */
export const instantOf = (time: Instant | string): Instant => {
  const at = typeof time === 'number' ? time : parseInstant(time)
  if (at !== undefined && Number.isFinite(at)) return at
  throw new TypeError(
    `${JSON.stringify(time)} is no time; it must be ISO 8601 with offset, such as "2026-01-05T09:00:00Z", or epoch milliseconds`,
  )
}
