import type { DurationMs } from '../../core/duration.ts'
import { CONTROL_LANE } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import type { App } from '../../engine/app.ts'
import { control } from '../../engine/control.ts'
import { handleDeadLetter } from '../../engine/dead-letters.ts'
import { execute } from '../../engine/execute/execute.ts'
import type { Delivery, Message, Stop } from '../../engine/message.ts'
import { publish } from '../../engine/publish.ts'
import { recover, relayFailed } from '../../engine/recover.ts'
import { relay } from '../../engine/relay.ts'
import { sweep } from '../../engine/sweep/sweep.ts'
import type { Log } from '../../engine/world.ts'
import { type LocalTime, type LocalWorld, localWorld } from './world.ts'

/** A running local Carillon. */
export type Running = {
  readonly world: LocalWorld
  /**
   * Stops: no message is delivered any more, and the signals of the running handlers fire. They may finish within `graceMs`;
   * the last `LIMITS.stopCommitMs` of it, or that time if it is longer, is for storing that the others were interrupted. Then
   * the file is closed.
   *
   * @param meanwhile is called when the stop has begun, and awaited within the same time
   */
  readonly stop: (graceMs: DurationMs, meanwhile?: () => Promise<void>) => Promise<void>
}

/**
 * Runs relay, executors, control lane, dead-letter handling and sweep on a file. First it wakes every open row of the file:
 * messages and timers do not survive a restart, and need not, because the rows have everything that is needed to send them
 * again.
 *
 * @param time real by default
 * @param executorTypes the types as the executors use them, if that differs
 * @throws Error when another process has the file open
 */
export const runLocal = async (
  app: App,
  file: string,
  log: Log,
  time?: LocalTime,
  executorTypes = app.types,
): Promise<Running> => {
  const stopping = new AbortController()
  let interruptsAt = Number.POSITIVE_INFINITY
  const stopOfProcess: Stop = { signal: stopping.signal, interruptsAt: () => interruptsAt }
  const executor: App = { ...app, types: executorTypes }
  const onLane: Step = (world, message) => execute(world, executor, { ...message, stop: stopOfProcess })
  const onControl: Step = (world, message) => control(world, app, message)
  const world = localWorld({
    file,
    lanes: app.lanes,
    log,
    ...(time ? { time } : {}),
    deliver: (world, lane, messages) => handleAll(world, messages, lane === CONTROL_LANE.name ? onControl : onLane),
    handleDeadLetter: async (world, deadLetter) => {
      const { delivery } = await handleDeadLetter(world, app, deadLetter)
      if (delivery === 'return') throw new Error(`the task of dead letter ${deadLetter.id} is held by a worker`)
    },
  })
  await recover(world, app, world.store.openRows(), world.queue.sendDeadLetter)
  const unfollow = world.store.follow({
    deliver: async (change) => {
      await relay(world, change, app)
      // Last, so that no wake-up of this change waits for the bus. When the bus fails, the feed repeats relay and publish.
      await publish(world, change)
    },
    ticker: world.ticker,
    onDead: async (change, tries, error) => relayFailed(world, change, tries, error, world.queue.sendDeadLetter),
  })
  sweepPeriodically(world, app)

  const stop: Running['stop'] = async (graceMs, meanwhile = async () => {}) => {
    const grace = new AbortController()
    const idle = world.queue.stop()
    interruptsAt = world.clock.now() + graceMs - LIMITS.stopCommitMs
    stopping.abort()
    const ended = Promise.all([idle, meanwhile()])
    await Promise.race([ended, world.clock.sleep(Math.max(graceMs, LIMITS.stopCommitMs), grace.signal)])
    grace.abort()
    unfollow()
    world.ticker.stop()
    world.store.close()
  }
  return { world, stop }
}

type Step = (world: LocalWorld, message: Message) => Promise<Delivery>

/** Handles the messages of a batch concurrently. A message that fails does not affect the others. */
const handleAll = async (world: LocalWorld, messages: readonly Message[], step: Step): Promise<readonly string[]> => {
  const returned = await Promise.all(
    messages.map(async (message) => {
      try {
        return (await step(world, message)).delivery === 'return' ? [message.id] : []
      } catch (error) {
        world.log.error('message.fault', { messageId: message.id, body: message.body, error })
        return [message.id]
      }
    }),
  )
  return returned.flat()
}

/**
 * Sweeps, and deletes expired rows, every few minutes until the ticker stops. The first deletion is at the start: a server that
 * restarts more often (a watcher that restarts it at each save) would never delete anything, and its file would only grow.
 */
const sweepPeriodically = (world: LocalWorld, app: App): void => {
  const again = () => world.ticker.at(world.clock.now() + LIMITS.sweepEveryMs, () => void round())
  const forget = async (): Promise<void> => {
    try {
      await world.store.forget(world.clock.now())
    } catch (error) {
      world.log.error('forget.fault', { error })
    }
  }
  const round = async (): Promise<void> => {
    // Separate: a sweep that fails repeatedly must not stop the deletion, or the file grows without bound.
    try {
      await sweep(world, app)
    } catch (error) {
      world.log.error('sweep.fault', { error })
    }
    await forget()
    again()
  }
  world.ticker.at(world.clock.now(), () => void forget())
  again()
}
