import type { DurationMs } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import { heapOf } from './heap.ts'

/** The time, and callbacks at a time. Real in `worlds/local`; virtual in `testing` and `worlds/sim`. */
export type Ticker = {
  readonly now: () => Instant
  /** Runs the callback once, when `now()` is at least `when`. Returns a function that cancels it. */
  readonly at: (when: Instant, run: () => void) => () => void
}

/** Virtual time: it jumps from one event's time to the next. */
export type VirtualClock = Ticker & {
  /** Runs events in order, one at a time, until `isOver` returns true or none is left. Returns how many were run. */
  readonly run: (isOver: () => boolean) => Promise<number>
  /** When the next event is due; undefined when there is none. */
  readonly next: () => Instant | undefined
}

type Event = { readonly when: Instant; readonly order: number; readonly run: () => void; cancelled: boolean }

/**
 * Makes a clock that starts at `start`.
 *
 * @param settled resolves when nothing that the last event started can continue before the next event
 */
export const virtualClock = (start: Instant, settled: () => Promise<void> = microtasksRun()): VirtualClock => {
  const events = heapOf<Event>((a, b) => a.when < b.when || (a.when === b.when && a.order < b.order))
  let now = start
  let order = 0

  const run = async (isOver: () => boolean): Promise<number> => {
    let count = 0
    while (!isOver()) {
      const event = events.pop()
      if (!event) break
      if (event.cancelled) continue
      now = event.when
      event.run()
      count++
      await settled()
    }
    return count
  }

  const next = (): Instant | undefined => {
    for (let first = events.peek(); first; first = events.peek()) {
      if (!first.cancelled) return first.when
      events.pop()
    }
    return undefined
  }

  return {
    now: () => now,
    next,
    at: (when, run) => {
      const event: Event = { when: Math.max(when, now), order: order++, run, cancelled: false }
      events.push(event)
      return () => {
        event.cancelled = true
      }
    },
    run,
  }
}

/** After so many events the event loop turns once: messages of other threads and timeouts of a test runner get through. */
const TURN_COUNT = 1_000

/**
 * Makes a function that resolves when no promise can continue without a new event, if nothing waits for real I/O, timers or
 * ticks. This is sound because Node runs a tick that a microtask has added after all microtasks, including those that
 * microtasks add. It costs a quarter of an immediate, and a simulation has thousands of events.
 */
const microtasksRun = (): (() => Promise<void>) => {
  let count = 0
  return () =>
    ++count % TURN_COUNT === 0 ? drained() : new Promise((resolve) => queueMicrotask(() => process.nextTick(resolve)))
}

/**
 * Resolves when no promise can continue without a new event, if nothing waits for real I/O or timers. This is sound because Node
 * runs all microtasks and ticks, including those that they add, before it runs an immediate.
 */
export const drained = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Sleeps in virtual time; resolves early when the signal fires. */
export const sleepOn = (ticker: Ticker, ms: DurationMs, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const cancel = ticker.at(ticker.now() + ms, done)
    signal?.addEventListener('abort', done)
  })
