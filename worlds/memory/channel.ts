import type { DurationMs } from '../../core/duration.ts'
import type { Instant } from '../../core/instant.ts'
import type { Ticker } from './clock.ts'
import { fairLine, type Standing } from './fair-queue.ts'

/** Something that a channel hands out, and how often it has, this time included. */
export type Received<Item> = { readonly id: string; readonly item: Item; readonly receiveCount: number }

/** One queue with its consumer, as SQS and Lambda's poller are together. */
export type Channel<Item> = {
  /** Hands the item out at `at` or as soon after as there is room. */
  readonly put: (id: string, item: Item, at: Instant) => void
  /** Items that are waiting, delayed, hidden or in hand. */
  readonly count: () => number
  /** Hands out nothing more. Resolves when nothing is in hand any more. */
  readonly stop: () => Promise<void>
}

/** How a channel hands out. The bounds have the names and meanings of a lane's. */
export type ChannelOptions<Item> = {
  readonly ticker: Ticker
  readonly maxConcurrency: number
  readonly batchCount: number
  readonly functionTimeoutMs: DurationMs
  readonly visibilityMs: DurationMs
  /** After so many receives an item is dead. */
  readonly receiveCount: number
  /**
   * Hears a batch and answers the ids that have to come back. An answer that holds an unknown id, and a rejection, bring
   * the whole batch back, as with Lambda. A promise that never settles is a dead worker.
   */
  readonly deliver: (batch: readonly Received<Item>[]) => Promise<readonly string[]>
  readonly onDead: (dead: Received<Item>) => void
  /** Whose an item is: nobody's many keep another's waiting. One group for all by default. */
  readonly groupOf?: (item: Item) => string
  /** Breaks the tie between items that are due at once; first put, first out by default. */
  readonly lot?: () => number
}

type Waiting<Item> = Received<Item> & Standing & { readonly lot: number; readonly order: number }

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
    lot = () => 0,
  } = options
  const waiting = fairLine<Waiting<Item>>(
    (a, b) =>
      a.visibleAt < b.visibleAt || (a.visibleAt === b.visibleAt && (a.lot < b.lot || (a.lot === b.lot && a.order < b.order))),
  )
  const idle = Promise.withResolvers<void>()
  let order = 0
  let runningCount = 0
  let inHandCount = 0
  let stopped = false
  let wakesAt = Number.POSITIVE_INFINITY
  let callOff = () => {}

  const hide = ({ id, item, receiveCount }: Received<Item>, visibleAt: Instant): void =>
    waiting.push({ id, item, receiveCount, visibleAt, group: groupOf(item), lot: lot(), order: order++ })

  /** Sees to it that somebody looks when the first item is due: one wake-up for the channel, not one for each item. */
  const arm = (): void => {
    const next = waiting.nextAt()
    if (stopped || next === undefined || runningCount >= maxConcurrency) return
    const at = Math.max(next, ticker.now())
    if (at >= wakesAt) return
    callOff()
    wakesAt = at
    callOff = ticker.at(wakesAt, look)
  }

  const look = (): void => {
    wakesAt = Number.POSITIVE_INFINITY
    while (!stopped && runningCount < maxConcurrency) {
      const batch = take()
      if (batch.length === 0) break
      hand(batch)
    }
    arm()
  }

  const take = (): readonly Received<Item>[] => {
    const batch: Received<Item>[] = []
    const now = ticker.now()
    while (batch.length < batchCount) {
      const first = waiting.take(now)
      if (!first) break
      const { id, item, receiveCount, group } = first
      if (receiveCount < options.receiveCount) batch.push({ id, item, receiveCount: receiveCount + 1 })
      else {
        waiting.gone(group)
        onDead({ id, item, receiveCount })
      }
    }
    return batch
  }

  const hand = (batch: readonly Received<Item>[]): void => {
    const visibleAt = ticker.now() + visibilityMs
    const ids = new Set(batch.map(({ id }) => id))
    runningCount++
    inHandCount += batch.length
    let over = false
    const finish = (comesBack: (id: string) => boolean): void => {
      if (over) return
      over = true
      giveUp()
      runningCount--
      inHandCount -= batch.length
      for (const received of batch) {
        if (comesBack(received.id)) hide(received, visibleAt)
        else waiting.gone(groupOf(received.item))
      }
      if (stopped && runningCount === 0) idle.resolve()
      arm()
    }
    const all = () => finish(() => true)
    // The worker's time is up: its place is free again, and its messages come back when they become visible.
    const giveUp = ticker.at(ticker.now() + functionTimeoutMs, all)
    deliver(batch).then((returned) => {
      if (returned.every((id) => ids.has(id))) finish((id) => returned.includes(id))
      else all()
    }, all)
  }

  return {
    put: (id, item, at) => {
      hide({ id, item, receiveCount: 0 }, at)
      arm()
    },
    count: () => waiting.count() + inHandCount,
    stop: () => {
      stopped = true
      callOff()
      if (runningCount === 0) idle.resolve()
      return idle.promise
    },
  }
}
