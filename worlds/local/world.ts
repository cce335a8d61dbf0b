import type { Lanes } from '../../core/lanes.ts'
import type { DeadLetter, Message } from '../../engine/message.ts'
import type { Log, World } from '../../engine/world.ts'
import { type MemoryBus, memoryBus } from '../memory/bus.ts'
import { type MemoryQueue, memoryQueue } from '../memory/queue.ts'
import { type MemoryStore, memoryStore } from '../memory/store.ts'
import { type MemoryTimers, memoryTimers } from '../memory/timers.ts'
import { localClock } from './clock.ts'
import { localIds } from './ids.ts'
import { type LocalMeter, localMeter } from './meter.ts'
import { type RealTicker, realTicker } from './ticker.ts'

/** The world in one process: the memory parts on a file, in real time. */
export type LocalWorld = World & {
  readonly store: MemoryStore
  readonly queue: MemoryQueue
  readonly timers: MemoryTimers
  readonly bus: MemoryBus
  readonly meter: LocalMeter
  readonly ticker: RealTicker
}

/** What a local world is made of. */
export type LocalWorldOptions = {
  /** Where the rows are: a path, or `:memory:`. */
  readonly file: string
  readonly lanes: Lanes
  readonly log: Log
  /** Hears the messages of a lane, and answers the ids of those that have to come back. */
  readonly deliver: (world: LocalWorld, messages: readonly Message[]) => Promise<readonly string[]>
  /** Hears of a dead message, again and again until it resolves. */
  readonly bury: (world: LocalWorld, letter: DeadLetter) => Promise<void>
}

/**
 * Opens the local world. Delays and timers are exact here: nothing is gained by being as late as AWS may be.
 *
 * @throws Error when another process has the file open
 */
export const localWorld = ({ file, lanes, log, deliver, bury }: LocalWorldOptions): LocalWorld => {
  const ticker = realTicker()
  const queue = memoryQueue({
    lanes,
    ticker,
    granularityMs: 1,
    deliver: (_, messages) => deliver(world, messages),
    bury: (letter) => bury(world, letter),
  })
  const world: LocalWorld = {
    store: memoryStore(file, setImmediate),
    queue,
    timers: memoryTimers({ ticker, toleranceMs: 0, send: queue.send, onDead: queue.die }),
    bus: memoryBus(),
    clock: localClock,
    ids: localIds(),
    log,
    meter: localMeter(),
    ticker,
  }
  return world
}
