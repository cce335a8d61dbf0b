import type { DurationMs } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import type { Clock } from '../../engine/world.ts'
import type { Ticker } from '../memory/clock.ts'
import { heapOf } from '../memory/heap.ts'

/** Longer waits overflow Node's timers, which then fire at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647

/** Real time. */
export const localClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      let timeout: NodeJS.Timeout
      const done = () => {
        clearTimeout(timeout)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const rest = (leftMs: DurationMs): void => {
        const stepMs = Math.min(leftMs, LONGEST_TIMEOUT_MS)
        timeout = setTimeout(() => (leftMs > stepMs ? rest(leftMs - stepMs) : done()), stepMs)
      }
      rest(ms)
      signal?.addEventListener('abort', done)
    }),
}

/** A clock that was set, or a laptop that slept, is noticed within this time. */
const LONGEST_SLEEP_MS = 1_000

/** A ticker that keeps the process alive while it waits. */
export type RealTicker = Ticker & { readonly stop: () => void }

type Alarm = { readonly when: Instant; readonly order: number; run: (() => void) | undefined }

/** Real time: one timer for the earliest callback, whatever their number. Never early, and usually within a millisecond or two. */
export const realTicker = (now: () => Instant = Date.now): RealTicker => {
  const alarms = heapOf<Alarm>((a, b) => a.when < b.when || (a.when === b.when && a.order < b.order))
  let order = 0
  let stopped = false
  let armedFor = Number.POSITIVE_INFINITY
  let callOff = () => {}

  const arm = (): void => {
    const first = alarms.peek()
    if (stopped || !first || first.when >= armedFor) return
    callOff()
    armedFor = first.when
    const wait = first.when - now()
    if (wait <= 0) {
      const immediate = setImmediate(ring)
      callOff = () => clearImmediate(immediate)
    } else {
      const timeout = setTimeout(ring, Math.min(wait, LONGEST_SLEEP_MS))
      callOff = () => clearTimeout(timeout)
    }
  }

  const ring = (): void => {
    armedFor = Number.POSITIVE_INFINITY
    // What the callbacks ask for "now" comes in the next round, so that sockets have their turn.
    const round = order
    // Timers may ring a moment early by the clock that counts; such a ring finds nothing due, and arms again.
    for (let first = alarms.peek(); first && first.order < round && first.when <= now(); first = alarms.peek()) {
      alarms.pop()
      first.run?.()
      if (stopped) return
    }
    arm()
  }

  return {
    now,
    at: (when, run) => {
      const alarm: Alarm = { when, order: order++, run }
      alarms.push(alarm)
      arm()
      return () => {
        alarm.run = undefined
      }
    },
    stop: () => {
      stopped = true
      callOff()
    },
  }
}
