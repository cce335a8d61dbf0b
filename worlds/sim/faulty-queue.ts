import type { DurationMs } from '../../core/duration.ts'
import type { Queue, Timers } from '../../engine/world.ts'
import type { Ticker } from '../memory/clock.ts'
import type { Random } from '../memory/faults.ts'
import type { Faults } from './faults.ts'
import { between } from './random.ts'

type Conditions = { readonly clock: Ticker; readonly random: Random; readonly faults: Faults }

const MINUTE = 60_000
/** A reordered message is sent after this time at the latest. */
const HELD_BACK_MS = 30_000

/** A queue that loses, delays, doubles and reorders nudges before they reach their lane. */
export const faultyQueue = ({ clock, random, faults }: Conditions, lanes: Queue): Queue => {
  let heldBack: (() => void) | undefined
  // A message that its lane rejects later is lost as well: its sender has already got an answer.
  const later = (ms: DurationMs, act: () => Promise<void>) => clock.at(clock.now() + ms, () => void act().catch(() => {}))

  return {
    send: async (nudge, delayMs) => {
      const send = () => lanes.send(nudge, delayMs)
      if (faults.occurs('message lost')) return
      if (faults.occurs('message duplicated')) later(between(random, 0, 10 * MINUTE), send)
      if (faults.occurs('message delayed')) return void later(between(random, 1_000, 10 * MINUTE), send)
      if (!heldBack && faults.occurs('message reordered')) {
        const cancelTimeout = later(HELD_BACK_MS, async () => heldBack?.())
        heldBack = () => {
          heldBack = undefined
          cancelTimeout()
          void send().catch(() => {})
        }
        return
      }
      await send()
      heldBack?.()
    },
    backlog: lanes.backlog,
  }
}

/** Timers that get lost, fire late, or fire twice; `queue` takes the second nudge. */
export const faultyTimers = ({ clock, random, faults }: Conditions, timers: Timers, queue: Queue): Timers => ({
  arm: async (timer) => {
    if (faults.occurs('timer lost')) return
    const at = faults.occurs('timer late') ? timer.at + between(random, 1, 20) * MINUTE : timer.at
    await timers.arm({ ...timer, at })
    if (faults.occurs('timer duplicated')) clock.at(at + between(random, 0, 2 * MINUTE), () => void queue.send(timer.nudge, 0))
  },
  disarm: timers.disarm,
})

const refuse = async (): Promise<void> => {
  throw new Error('the account has no room for another timer')
}
/** The timers of an account whose quota is used up. */
export const fullTimers: Timers = { arm: refuse, disarm: refuse }
