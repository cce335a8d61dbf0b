import type { DurationMs } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import { heapOf } from './heap.ts'

/** Time for the memory parts: what it is, and a callback when it has come. Real in `worlds/local`, virtual in `worlds/sim`. */
export type Ticker = {
  readonly now: () => Instant
  /** Runs the callback once `now()` is at least `when`; answers how to call it off. */
  readonly at: (when: Instant, run: () => void) => () => void
}

/** Virtual time: it stands still until the next event is due, and then it is that event's time. */
export type VirtualClock = Ticker & {
  /** Runs events in order, one at a time, until `isOver` says so or none is left. Answers how many were run. */
  readonly run: (isOver: () => boolean) => Promise<number>
  /** When the next event is due; undefined when there is none. */
  readonly next: () => Instant | undefined
}

type Event = { readonly when: Instant; readonly order: number; readonly run: () => void; off: boolean }

/**
 * Makes a clock that stands at `start`.
 *
 * @param settled resolves when what the last event has set off can go on no further without the next one
 */
export const virtualClock = (start: Instant, settled: () => Promise<void> = drained): VirtualClock => {
  const events = heapOf<Event>((a, b) => a.when < b.when || (a.when === b.when && a.order < b.order))
  let now = start
  let order = 0

  const run = async (isOver: () => boolean): Promise<number> => {
    let count = 0
    while (!isOver()) {
      const event = events.pop()
      if (!event) break
      if (event.off) continue
      now = event.when
      event.run()
      count++
      await settled()
    }
    return count
  }

  const next = (): Instant | undefined => {
    for (let first = events.peek(); first; first = events.peek()) {
      if (!first.off) return first.when
      events.pop()
    }
    return undefined
  }

  return {
    now: () => now,
    next,
    at: (when, run) => {
      const event: Event = { when: Math.max(when, now), order: order++, run, off: false }
      events.push(event)
      return () => {
        event.off = true
      }
    },
    run,
  }
}

/**
 * Resolves when every promise that could go on has gone on. Sound, because Node empties the whole queue of microtasks,
 * those included that they add themselves, before it runs an immediate; and nothing here waits for real I/O or timers.
 */
export const drained = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** Sleeps in virtual time; resolves early when the signal fires. */
export const sleepOn = (ticker: Ticker, ms: DurationMs, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted) return resolve()
    const done = () => {
      callOff()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    const callOff = ticker.at(ticker.now() + ms, done)
    signal?.addEventListener('abort', done)
  })
