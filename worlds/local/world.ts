import type { Lanes } from '../../core/lanes.ts'
import type { TaskEvent } from '../../core/task/event.ts'
import type { DeadLetter, Message } from '../../engine/message.ts'
import type { Bus, Clock, Ids, Log, World } from '../../engine/world.ts'
import type { Ticker } from '../memory/clock.ts'
import { type MemoryQueue, memoryQueue } from '../memory/queue.ts'
import { type MemoryStore, memoryStore } from '../memory/store.ts'
import { type MemoryTimers, memoryTimers } from '../memory/timers.ts'
import { localClock, realTicker } from './clock.ts'
import { localIds } from './ids.ts'
import { type LocalMeter, localMeter } from './telemetry.ts'

/** The world in one process: the memory parts on a file, in real time. */
export type LocalWorld = World & {
  readonly store: MemoryStore
  readonly queue: MemoryQueue
  readonly timers: MemoryTimers
  readonly bus: MemoryBus
  readonly meter: LocalMeter
  readonly ticker: LocalTime['ticker']
}

/** How time passes in this process. `worlds/hand` puts a virtual one here. */
export type LocalTime = {
  readonly ticker: Ticker & { readonly stop: () => void }
  readonly clock: Clock
  readonly ids: Ids
  /** When the store commits what has been written: at the end of the turn, by default. */
  readonly soon: (run: () => void) => void
}

/** Time as it is. */
const realTime = (): LocalTime => ({ ticker: realTicker(), clock: localClock, ids: localIds(), soon: setImmediate })

/** What a local world is made of. */
export type LocalWorldOptions = {
  /** Where the rows are: a path, or `:memory:`. */
  readonly file: string
  readonly lanes: Lanes
  readonly log: Log
  /** @default real time */
  readonly time?: LocalTime
  /** Hears the messages of a lane, and answers the ids of those that have to come back. */
  readonly deliver: (world: LocalWorld, lane: string, messages: readonly Message[]) => Promise<readonly string[]>
  /** Hears of a dead message, again and again until it resolves. */
  readonly handleDeadLetter: (world: LocalWorld, letter: DeadLetter) => Promise<void>
}

/**
 * Opens the local world. Delays and timers are exact here: nothing is gained by being as late as AWS may be.
 *
 * @throws Error when another process has the file open
 */
export const localWorld = ({ file, lanes, log, time = realTime(), deliver, handleDeadLetter }: LocalWorldOptions): LocalWorld => {
  const { ticker, clock, ids, soon } = time
  const queue = memoryQueue({
    lanes,
    ticker,
    granularityMs: 1,
    deliver: (lane, messages) => deliver(world, lane, messages),
    handleDeadLetter: (letter) => handleDeadLetter(world, letter),
  })
  const world: LocalWorld = {
    store: memoryStore(file, soon),
    queue,
    timers: memoryTimers({ ticker, toleranceMs: 0, send: queue.send, onDead: queue.sendDeadLetter }),
    bus: memoryBus(),
    clock,
    ids,
    log,
    meter: localMeter(),
    ticker,
  }
  return world
}

/** A bus that whoever wants may listen to. */
export type MemoryBus = Bus & {
  /** Hears every event from now on; answers how to stop. What a listener throws is uncaught: the publisher does not hear of it. */
  readonly listen: (listener: (event: TaskEvent) => void) => () => void
}

/** Makes a bus. */
export const memoryBus = (): MemoryBus => {
  const listeners = new Set<(event: TaskEvent) => void>()
  return {
    publish: async (events) => {
      for (const event of events)
        for (const listener of listeners) {
          // Out of the publisher's reach: what is thrown there must not make the relay publish again.
          queueMicrotask(() => listener(event))
        }
    },
    listen: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}
