import type { DurationMs } from '../../core/duration.ts'
import { CONTROL_LANE, type Lanes, laneFaults } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import { encodeNudge } from '../../core/row/nudge.ts'
import type { DeadLetter, Message } from '../../engine/message.ts'
import type { Queue } from '../../engine/world.ts'
import { type Channel, channelOf, type Received } from './channel.ts'
import type { Ticker } from './clock.ts'
import { chance, type Random, type Unkind } from './faults.ts'

/** What a queue is made of, and who listens. */
export type QueueOptions = {
  /** The lanes of tasks; Carillon's own is always there. */
  readonly lanes: Lanes
  readonly ticker: Ticker
  /**
   * Hears the messages of a lane; answers the ids of those that have to come back (after the lane's visibility). A
   * rejection brings all of them back. A promise that never settles is a dead worker: its place is free again after the
   * lane's function timeout, and its messages come back after the visibility.
   */
  readonly deliver: (lane: string, messages: readonly Message[]) => Promise<readonly string[]>
  /** Hears of a dead message, again and again until it resolves. */
  readonly bury: (letter: DeadLetter) => Promise<void>
  /** Delays are rounded up to whole multiples. Default 1,000, as on AWS. */
  readonly granularityMs?: DurationMs
  readonly random?: Random
  readonly unkind?: Unkind
}

/** Lanes with their dead-letter queue. */
export type MemoryQueue = Queue & {
  /** Puts any text on a lane, as everybody can who may send to an SQS queue. */
  readonly put: (lane: string, body: string, delayMs?: DurationMs, group?: string) => void
  /** Puts a letter on the dead-letter queue, as the timers and the relay do. */
  readonly die: (letter: DeadLetter) => void
  /** Messages on all lanes: waiting, delayed, hidden, in hand or dead and not buried yet. */
  readonly count: () => number
  /** Hands out nothing more; resolves when nothing is in hand any more. */
  readonly stop: () => Promise<void>
}

/** A message on a lane, and in which group: a nudge's is its tenant, what others put there has none. */
type Posted = { readonly body: string; readonly group: string }

/** The consumer of dead letters: Lambda's defaults on a queue with a visibility of its own. */
const DEAD = { maxConcurrency: 10, batchCount: 1, functionTimeoutMs: 60_000, visibilityMs: 75_000 }

/**
 * Makes the lanes, and starts handing out.
 *
 * @throws RangeError when a lane's bounds are not safe
 */
export const memoryQueue = (options: QueueOptions): MemoryQueue => {
  const { lanes, ticker, deliver, bury, granularityMs = 1_000, random = () => 0, unkind = {} } = options
  const faults = Object.values(lanes).flatMap(laneFaults)
  if (faults.length > 0) throw new RangeError(faults.join('; '))
  let sentCount = 0

  const dead = channelOf<DeadLetter>({
    ...DEAD,
    ticker,
    receiveCount: Number.POSITIVE_INFINITY,
    deliver: (letters) => Promise.all(letters.map(({ item }) => bury(item))).then(() => []),
    onDead: () => {},
  })
  const die = (letter: DeadLetter): void => dead.put(`dead-${++sentCount}`, letter, ticker.now())

  const channels = new Map<string, Channel<Posted>>(
    [...Object.values(lanes), CONTROL_LANE].map((lane) => [
      lane.name,
      channelOf<Posted>({
        ...lane,
        ticker,
        receiveCount: LIMITS.queueReceiveCount,
        deliver: (batch) => {
          const deadlineAt = ticker.now() + lane.functionTimeoutMs
          return deliver(
            lane.name,
            batch.map((received) => ({ ...messageOf(received), deadlineAt })),
          )
        },
        onDead: (received) => die({ ...messageOf(received), source: `lane:${lane.name}` }),
        ...(unkind.unfair ? {} : { groupOf: ({ group }) => group }),
        ...(unkind.shuffles ? { lot: random } : {}),
      }),
    ]),
  )

  const put = (lane: string, body: string, delayMs = 0, group = ''): void => {
    const channel = channels.get(lane)
    if (!channel) throw new Error(`there is no lane ${JSON.stringify(lane)}; there are ${[...channels.keys()].join(', ')}`)
    if (!(delayMs >= 0 && delayMs <= LIMITS.queueDelayMs))
      throw new RangeError(`delay ${delayMs} ms must be 0 to ${LIMITS.queueDelayMs} ms; use a timer for what is farther away`)
    const bytes = Buffer.byteLength(body)
    if (bytes === 0 || bytes > LIMITS.queueMessageBytes)
      throw new RangeError(`message of ${bytes} bytes must have 1 to ${LIMITS.queueMessageBytes} bytes`)
    const id = `m-${++sentCount}`
    const at = ticker.now() + Math.ceil(delayMs / granularityMs) * granularityMs
    channel.put(id, { body, group }, at + lateness(random, unkind))
    if (chance(random, unkind.doubles)) channel.put(id, { body, group }, at + lateness(random, unkind))
  }

  const every = [...channels.values(), dead]
  return {
    send: async (nudge, delayMs) => put(nudge.lane, encodeNudge(nudge), delayMs, nudge.tenant),
    put,
    die,
    count: () => every.reduce((sum, channel) => sum + channel.count(), 0),
    stop: async () => {
      await Promise.all(every.map((channel) => channel.stop()))
    },
  }
}

const messageOf = ({ id, item, receiveCount }: Received<Posted>): Message => ({ id, body: item.body, receiveCount })

const lateness = (random: Random, { delays, delayMs = 30_000 }: Unkind): DurationMs =>
  chance(random, delays) ? Math.floor(random() * delayMs) : 0
