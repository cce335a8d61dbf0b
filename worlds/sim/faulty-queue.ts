import type { DurationMs } from '../../core/duration.ts'
import type { Queue, Timers } from '../../engine/world.ts'
import type { Random, Ticker } from '../memory/ticker.ts'
import type { Faults } from './faults.ts'
import { between } from './random.ts'

type Conditions = { readonly clock: Ticker; readonly random: Random; readonly faults: Faults }

const MINUTE = 60_000
/** A message that lets others pass goes on after this time at the latest. */
const HELD_BACK_MS = 30_000

/** The way of a nudge to its lane: on it, it can get lost, be held up, be doubled, or be overtaken by the next one. */
export const faultyQueue = ({ clock, random, faults }: Conditions, lanes: Queue): Queue => {
  let heldBack: (() => void) | undefined
  // A lane that rejects what comes later has nobody to tell: that message is lost as well.
  const later = (ms: DurationMs, act: () => Promise<void>) => clock.at(clock.now() + ms, () => void act().catch(() => {}))

  return {
    send: async (nudge, delayMs) => {
      const arrive = () => lanes.send(nudge, delayMs)
      if (faults.strikes('message lost')) return
      if (faults.strikes('message doubled')) later(between(random, 0, 10 * MINUTE), arrive)
      if (faults.strikes('message delayed')) return void later(between(random, 1_000, 10 * MINUTE), arrive)
      if (!heldBack && faults.strikes('message reordered')) {
        const callOff = later(HELD_BACK_MS, async () => heldBack?.())
        heldBack = () => {
          heldBack = undefined
          callOff()
          void arrive().catch(() => {})
        }
        return
      }
      await arrive()
      heldBack?.()
    },
  }
}

/** Timers that can get lost, come late, or come twice; `queue` is where the second one goes. */
export const faultyTimers = ({ clock, random, faults }: Conditions, timers: Timers, queue: Queue): Timers => ({
  arm: async (timer) => {
    if (faults.strikes('timer lost')) return
    const at = faults.strikes('timer late') ? timer.at + between(random, 1, 20) * MINUTE : timer.at
    await timers.arm({ ...timer, at })
    if (faults.strikes('timer doubled')) clock.at(at + between(random, 0, 2 * MINUTE), () => void queue.send(timer.nudge, 0))
  },
  disarm: timers.disarm,
})
