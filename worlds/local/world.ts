import type { Lanes } from '../../core/lanes.ts'
import type { TaskEvent } from '../../core/task/event.ts'
import type { DeadLetter, Message } from '../../engine/message.ts'
import type { Bus, Clock, Ids, Log, World } from '../../engine/world.ts'
import type { Ticker } from '../memory/clock.ts'
import { type MemoryQueue, memoryQueue } from '../memory/queue.ts'
import { type MemoryStore, memoryStore } from '../memory/store.ts'
import { type MemoryTimers, memoryTimers } from '../memory/timers.ts'
import { localClock, localIds, realTicker } from './clock.ts'
import { type LocalMeter, localMeter } from './telemetry.ts'

/** The world in one process: the parts of `worlds/memory` on a file, in real time. */
export type LocalWorld = World & {
  readonly store: MemoryStore
  readonly queue: MemoryQueue
  readonly timers: MemoryTimers
  readonly bus: LocalBus
  readonly meter: LocalMeter
  readonly ticker: LocalTime['ticker']
}

/** How time passes in this process. `testing` passes in a virtual one. */
export type LocalTime = {
  readonly ticker: Ticker & { readonly stop: () => void }
  readonly clock: Clock
  readonly ids: Ids
  /** Runs the commit of the store. @default at the end of the event loop's turn */
  readonly deferCommit: (run: () => void) => void
}

const realTime = (): LocalTime => ({ ticker: realTicker(), clock: localClock, ids: localIds(), deferCommit: setImmediate })

/** Options of a local world. */
export type LocalWorldOptions = {
  /** The database: a path, or `:memory:`. */
  readonly file: string
  readonly lanes: Lanes
  readonly log: Log
  /** @default real time */
  readonly time?: LocalTime
  /** Handles messages of a lane; returns the ids of the messages to redeliver. */
  readonly deliver: (world: LocalWorld, lane: string, messages: readonly Message[]) => Promise<readonly string[]>
  /** Handles a dead letter; called again until it resolves. */
  readonly handleDeadLetter: (world: LocalWorld, deadLetter: DeadLetter) => Promise<void>
}

/**
 * Opens the local world. Delays and timers are exact; they need not be as late as on AWS.
 *
 * @throws Error when another process has the file open
 */
export const localWorld = ({ file, lanes, log, time = realTime(), deliver, handleDeadLetter }: LocalWorldOptions): LocalWorld => {
  const { ticker, clock, ids, deferCommit } = time
  const queue = memoryQueue({
    lanes,
    ticker,
    granularityMs: 1,
    deliver: (lane, messages) => deliver(world, lane, messages),
    handleDeadLetter: (deadLetter) => handleDeadLetter(world, deadLetter),
  })
  const world: LocalWorld = {
    store: memoryStore(file, deferCommit),
    queue,
    timers: memoryTimers({ ticker, toleranceMs: 0, send: queue.send, onDead: queue.sendDeadLetter }),
    bus: localBus(),
    clock,
    ids,
    log,
    meter: localMeter(),
    ticker,
  }
  return world
}

/** A bus with listeners in this process. */
export type LocalBus = Bus & {
  /** Adds a listener for every event from now on; returns a function that removes it. An error of a listener is uncaught and does not reach the publisher. */
  readonly listen: (listener: (event: TaskEvent) => void) => () => void
}

export const localBus = (): LocalBus => {
  const listeners = new Set<(event: TaskEvent) => void>()
  return {
    publish: async (events) => {
      for (const event of events)
        for (const listener of listeners) {
          // In a microtask, so that an error of a listener does not make the relay publish again.
          queueMicrotask(() => listener(event))
        }
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
