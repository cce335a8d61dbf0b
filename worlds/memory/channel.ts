import type { DurationMs } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import type { Ticker } from './clock.ts'
import { fairQueue, type QueueItem } from './fair-queue.ts'

/** A delivered item, and how often it was received, this delivery included. */
export type Received<Item> = { readonly id: string; readonly item: Item; readonly receiveCount: number }

/** One queue with its consumer: SQS and Lambda's poller in one. */
export type Channel<Item> = {
  /** Delivers the item at `at`, or as soon after as concurrency allows. */
  readonly put: (id: string, item: Item, at: Instant) => void
  /** Number of items that are waiting, delayed, hidden or in flight. */
  readonly count: () => number
  /** Number of items that could be delivered now. */
  readonly visibleCount: () => number
  /** Stops delivering. Resolves when no item is in flight. */
  readonly stop: () => Promise<void>
}

/** Options of a channel. The bounds have the names and meanings of a lane's. */
export type ChannelOptions<Item> = {
  readonly ticker: Ticker
  readonly maxConcurrency: number
  readonly batchCount: number
  readonly functionTimeoutMs: DurationMs
  readonly visibilityMs: DurationMs
  /** Number of receives after which an item is dead. */
  readonly receiveCount: number
  /**
   * Handles a batch and returns the ids of the items to redeliver. As with Lambda, a rejection or an unknown id in the
   * answer redelivers the whole batch. A promise that never settles stands for a dead worker.
   */
  readonly deliver: (batch: readonly Received<Item>[]) => Promise<readonly string[]>
  readonly onDead: (dead: Received<Item>) => void
  /** The item's group: see `FairQueue`. @default one group for all items */
  readonly groupOf?: (item: Item) => string
  /** Orders items that are due at the same instant. @default first in, first out */
  readonly tieBreak?: () => number
}

type Waiting<Item> = Received<Item> & QueueItem & { readonly tieBreak: number; readonly order: number }

/** Makes a channel. */
export const channelOf = <Item>(options: ChannelOptions<Item>): Channel<Item> => {
  const {
    ticker,
    maxConcurrency,
    batchCount,
    functionTimeoutMs,
    visibilityMs,
    deliver,
    onDead,
    groupOf = () => '',
    tieBreak = () => 0,
  } = options
  const waiting = fairQueue<Waiting<Item>>(
    (a, b) =>
      a.visibleAt < b.visibleAt ||
      (a.visibleAt === b.visibleAt && (a.tieBreak < b.tieBreak || (a.tieBreak === b.tieBreak && a.order < b.order))),
  )
  const idle = Promise.withResolvers<void>()
  let order = 0
  let runningCount = 0
  let inFlightCount = 0
  let stopped = false
  let pollAt = Number.POSITIVE_INFINITY
  let cancelPoll = () => {}

  const hide = ({ id, item, receiveCount }: Received<Item>, visibleAt: Instant): void =>
    waiting.push({ id, item, receiveCount, visibleAt, group: groupOf(item), tieBreak: tieBreak(), order: order++ })

  /** Schedules a poll for when the first item is due: one callback for the channel, not one for each item. */
  const schedulePoll = (): void => {
    const next = waiting.nextAt()
    if (stopped || next === undefined || runningCount >= maxConcurrency) return
    const at = Math.max(next, ticker.now())
    if (at >= pollAt) return
    cancelPoll()
    pollAt = at
    cancelPoll = ticker.at(pollAt, poll)
  }

  const poll = (): void => {
    pollAt = Number.POSITIVE_INFINITY
    while (!stopped && runningCount < maxConcurrency) {
      const batch = receive()
      if (batch.length === 0) break
      deliverBatch(batch)
    }
    schedulePoll()
  }

  const receive = (): readonly Received<Item>[] => {
    const batch: Received<Item>[] = []
    const now = ticker.now()
    while (batch.length < batchCount) {
      const first = waiting.take(now)
      if (!first) break
      const { id, item, receiveCount, group } = first
      if (receiveCount < options.receiveCount) batch.push({ id, item, receiveCount: receiveCount + 1 })
      else {
        waiting.deleted(group)
        onDead({ id, item, receiveCount })
      }
    }
    return batch
  }

  const deliverBatch = (batch: readonly Received<Item>[]): void => {
    const visibleAt = ticker.now() + visibilityMs
    const ids = new Set(batch.map(({ id }) => id))
    runningCount++
    inFlightCount += batch.length
    let finished = false
    const finish = (isReturned: (id: string) => boolean): void => {
      if (finished) return
      finished = true
      cancelTimeout()
      runningCount--
      inFlightCount -= batch.length
      for (const received of batch) {
        if (isReturned(received.id)) hide(received, visibleAt)
        else waiting.deleted(groupOf(received.item))
      }
      if (stopped && runningCount === 0) idle.resolve()
      schedulePoll()
    }
    const returnAll = () => finish(() => true)
    // The function has timed out: its concurrency is free again, and its messages are redelivered when they become visible.
    const cancelTimeout = ticker.at(ticker.now() + functionTimeoutMs, returnAll)
    deliver(batch).then((returned) => {
      if (returned.every((id) => ids.has(id))) finish((id) => returned.includes(id))
      else returnAll()
    }, returnAll)
  }

  return {
    put: (id, item, at) => {
      hide({ id, item, receiveCount: 0 }, at)
      schedulePoll()
    },
    count: () => waiting.count() + inFlightCount,
    visibleCount: () => waiting.visibleCount(ticker.now()),
    stop: () => {
      stopped = true
      cancelPoll()
      if (runningCount === 0) idle.resolve()
      return idle.promise
    },
  }
}
