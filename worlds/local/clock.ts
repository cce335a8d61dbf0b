import { randomFillSync } from 'node:crypto'
import type { DurationMs } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import type { Clock, Ids } from '../../engine/world.ts'
import type { Ticker } from '../memory/clock.ts'
import { heapOf } from '../memory/heap.ts'

/** The longest delay of a Node timer. A longer one overflows, and the timer fires at once. */
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
      const sleepFor = (leftMs: DurationMs): void => {
        const stepMs = Math.min(leftMs, LONGEST_TIMEOUT_MS)
        timeout = setTimeout(() => (leftMs > stepMs ? sleepFor(leftMs - stepMs) : done()), stepMs)
      }
      sleepFor(ms)
      signal?.addEventListener('abort', done)
    }),
}

/** Longest timer. A changed clock, or a laptop that was suspended, is noticed within this time. */
const LONGEST_TIMER_MS = 1_000

/** A ticker that keeps the process alive while it waits. */
export type RealTicker = Ticker & { readonly stop: () => void }

type Alarm = { readonly when: Instant; readonly order: number; run: (() => void) | undefined }

/** Real time, with one timer for the earliest callback. A callback is never early, and usually late by one or two milliseconds. */
export const realTicker = (now: () => Instant = Date.now): RealTicker => {
  const alarms = heapOf<Alarm>((a, b) => a.when < b.when || (a.when === b.when && a.order < b.order))
  let order = 0
  let stopped = false
  let armedFor = Number.POSITIVE_INFINITY
  let cancel = () => {}

  const arm = (): void => {
    const first = alarms.peek()
    if (stopped || !first || first.when >= armedFor) return
    cancel()
    armedFor = first.when
    const wait = first.when - now()
    if (wait <= 0) {
      const immediate = setImmediate(fire)
      cancel = () => clearImmediate(immediate)
    } else {
      const timeout = setTimeout(fire, Math.min(wait, LONGEST_TIMER_MS))
      cancel = () => clearTimeout(timeout)
    }
  }

  const fire = (): void => {
    armedFor = Number.POSITIVE_INFINITY
    // Callbacks that are added now run in the next round, so that sockets are served between two rounds.
    const round = order
    // A Node timer may fire slightly early by this clock. Then nothing is due, and the timer is armed again.
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
      cancel()
    },
  }
}

const DIGITS = '0123456789abcdefghijklmnopqrstuv'
const TIME_COUNT = 10
const RANDOM_COUNT = 16

/** Ids of 26 characters: the millisecond in base 32, so that ids sort by time, and 80 random bits. */
export const localIds = (now: () => Instant = Date.now): Ids => {
  // Filled for many ids at once, because a call to the generator costs more than an id.
  const pool = new Uint8Array(RANDOM_COUNT * 256)
  let used = pool.length
  return {
    next: () => {
      if (used === pool.length) {
        randomFillSync(pool)
        used = 0
      }
      let id = now().toString(32).padStart(TIME_COUNT, '0')
      for (const end = used + RANDOM_COUNT; used < end; used++) id += DIGITS[(pool[used] ?? 0) & 31]
      return id
    },
  }
}
