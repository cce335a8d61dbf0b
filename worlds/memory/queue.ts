import type { DurationMs } from '../../core/duration.ts'
import { CONTROL_LANE, type Lanes, laneFaults } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import { encodeNudge } from '../../core/row/nudge.ts'
import type { DeadLetter, Message } from '../../engine/message.ts'
import type { Queue } from '../../engine/world.ts'
import { type Channel, channelOf, type Received } from './channel.ts'
import type { Ticker } from './clock.ts'
import { chance, type DeliveryFaults, type Random } from './faults.ts'

/** Options of the queue. */
export type QueueOptions = {
  /** The lanes of tasks. Carillon's control lane is always added. */
  readonly lanes: Lanes
  readonly ticker: Ticker
  /**
   * Handles messages of a lane; returns the ids of the messages to redeliver after the lane's visibility timeout. A
   * rejection redelivers all of them. A promise that never settles stands for a dead worker: its concurrency is free again
   * after the lane's function timeout, and its messages are redelivered after the visibility timeout.
   */
  readonly deliver: (lane: string, messages: readonly Message[]) => Promise<readonly string[]>
  /** Handles a dead letter; called again until it resolves. */
  readonly handleDeadLetter: (deadLetter: DeadLetter) => Promise<void>
  /** Deliveries of a message before it becomes a dead letter. @default LIMITS.queueReceiveCount */
  readonly receiveCount?: number
  /** Delays are rounded up to whole multiples of this. @default 1,000, as on AWS */
  readonly granularityMs?: DurationMs
  readonly random?: Random
  readonly faults?: DeliveryFaults
}

/** A queue for each lane, and the dead-letter queue. */
export type MemoryQueue = Queue & {
  /** Puts any text on a lane, as every sender to an SQS queue can. */
  readonly put: (lane: string, body: string, delayMs?: DurationMs, group?: string) => void
  /** Puts a message on the dead-letter queue. Timers and relay use it. */
  readonly sendDeadLetter: (deadLetter: DeadLetter) => void
  /** Number of messages on all lanes: waiting, delayed, hidden, in flight, or dead and not handled yet. */
  readonly count: () => number
  /** Stops delivering; resolves when no message is in flight. */
  readonly stop: () => Promise<void>
}

/** A message on a lane. The group of a nudge is its tenant; other messages have none. */
type Queued = { readonly body: string; readonly group: string }

/** The consumer of dead letters: Lambda's defaults, on a queue with its own visibility timeout. */
const DEAD_LETTER_CONSUMER = { maxConcurrency: 10, batchCount: 1, functionTimeoutMs: 60_000, visibilityMs: 75_000 }

/**
 * Makes the queues of the lanes, and starts delivering.
 *
 * @throws RangeError when a lane's bounds are not safe
 */
export const memoryQueue = (options: QueueOptions): MemoryQueue => {
  const { lanes, ticker, deliver, handleDeadLetter, receiveCount = LIMITS.queueReceiveCount } = options
  const { granularityMs = 1_000, random = () => 0, faults = {} } = options
  const laneProblems = Object.values(lanes).flatMap(laneFaults)
  if (laneProblems.length > 0) throw new RangeError(laneProblems.join('; '))
  let sentCount = 0

  const deadLetters = channelOf<DeadLetter>({
    ...DEAD_LETTER_CONSUMER,
    ticker,
    receiveCount: Number.POSITIVE_INFINITY,
    deliver: (batch) => Promise.all(batch.map(({ item }) => handleDeadLetter(item))).then(() => []),
    onDead: () => {},
  })
  const sendDeadLetter = (deadLetter: DeadLetter): void => deadLetters.put(`dead-${++sentCount}`, deadLetter, ticker.now())

  const channels = new Map<string, Channel<Queued>>(
    [...Object.values(lanes), CONTROL_LANE].map((lane) => [
      lane.name,
      channelOf<Queued>({
        ...lane,
        ticker,
        receiveCount,
        deliver: (batch) => {
          const deadlineAt = ticker.now() + lane.functionTimeoutMs
          return deliver(
            lane.name,
            batch.map((received) => ({ ...messageOf(received), deadlineAt })),
          )
        },
        onDead: (received) => sendDeadLetter({ ...messageOf(received), source: `lane:${lane.name}` }),
        ...(faults.unfair ? {} : { groupOf: ({ group }) => group }),
        ...(faults.shuffles ? { tieBreak: random } : {}),
      }),
    ]),
  )

  const channelNamed = (lane: string): Channel<Queued> => {
    const channel = channels.get(lane)
    if (!channel) throw new Error(`lane ${JSON.stringify(lane)} does not exist; the lanes are ${[...channels.keys()].join(', ')}`)
    return channel
  }

  const put = (lane: string, body: string, delayMs = 0, group = ''): void => {
    const channel = channelNamed(lane)
    if (!(delayMs >= 0 && delayMs <= LIMITS.queueDelayMs))
      throw new RangeError(`delay ${delayMs} ms must be 0 to ${LIMITS.queueDelayMs} ms; use a timer for a longer delay`)
    const bytes = Buffer.byteLength(body)
    if (bytes === 0 || bytes > LIMITS.queueMessageBytes)
      throw new RangeError(`message has ${bytes} bytes; it must have 1 to ${LIMITS.queueMessageBytes}`)
    const id = `m-${++sentCount}`
    const at = ticker.now() + Math.ceil(delayMs / granularityMs) * granularityMs
    channel.put(id, { body, group }, at + delayOf(random, faults))
    if (chance(random, faults.duplicates)) channel.put(id, { body, group }, at + delayOf(random, faults))
  }

  const every = [...channels.values(), deadLetters]
  return {
    send: async (nudge, delayMs) => put(nudge.lane, encodeNudge(nudge), delayMs, nudge.tenant),
    backlog: async (lane) => channelNamed(lane).visibleCount(),
    put,
    sendDeadLetter,
    count: () => every.reduce((sum, channel) => sum + channel.count(), 0),
    stop: async () => {
      await Promise.all(every.map((channel) => channel.stop()))
    },
  }
}

const messageOf = ({ id, item, receiveCount }: Received<Queued>): Message => ({ id, body: item.body, receiveCount })

const delayOf = (random: Random, { delays, delayMs = 30_000 }: DeliveryFaults): DurationMs =>
  chance(random, delays) ? Math.floor(random() * delayMs) : 0
