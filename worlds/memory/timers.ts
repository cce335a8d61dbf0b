import type { DurationMs } from '../../core/duration.ts'
import { type Instant, iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { encodeNudge, type Nudge } from '../../core/row/nudge.ts'
import type { DeadLetter } from '../../engine/message.ts'
import type { Queue, Timers } from '../../engine/world.ts'
import type { Ticker } from './clock.ts'
import { chance, type DeliveryFaults, type Random } from './faults.ts'

/** Options of the timers. */
export type TimerOptions = {
  readonly ticker: Ticker
  /** Sends the nudge when its timer fires. */
  readonly send: Queue['send']
  /** Receives a nudge that could not be sent in `LIMITS.timerRetryCount` retries or within `LIMITS.timerEventAgeMs` (a day). */
  readonly onDead?: (deadLetter: DeadLetter) => void
  /** How late a timer may fire. @default `LIMITS.timerToleranceMs`, as on AWS */
  readonly toleranceMs?: DurationMs
  /** How many timers fire in one second at most; the others wait, as on AWS. @default no limit */
  readonly ratePerSecondCount?: number
  readonly random?: Random
  readonly faults?: Pick<DeliveryFaults, 'duplicates'>
}

/** Timers, and the number of armed ones. */
export type MemoryTimers = Timers & { readonly count: () => number }

const NAME = /^[0-9a-zA-Z\-_.]+$/
const RETRY_MS = 60_000

/** Makes timers with the rules of EventBridge Scheduler: the same names and times are refused, a timer may fire late, and a fired timer is deleted. */
export const memoryTimers = (options: TimerOptions): MemoryTimers => {
  const { ticker, send, onDead, toleranceMs = LIMITS.timerToleranceMs, random = () => 0, faults = {} } = options
  const everyMs = 1_000 / (options.ratePerSecondCount ?? Number.POSITIVE_INFINITY)
  const armed = new Map<string, () => void>()
  let nextFireAt = Number.NEGATIVE_INFINITY

  const deliver = async (nudge: Nudge, firedAt: Instant, tries: number): Promise<void> => {
    try {
      await send(nudge, 0)
    } catch (error) {
      const now = ticker.now()
      if (tries <= LIMITS.timerRetryCount && now - firedAt < LIMITS.timerEventAgeMs)
        ticker.at(now + RETRY_MS, () => void deliver(nudge, firedAt, tries + 1))
      else
        onDead?.({
          id: `timer-${nudge.id}-${nudge.epoch}`,
          body: encodeNudge(nudge),
          receiveCount: tries,
          source: 'timers',
          reason: error instanceof Error ? error.message : String(error),
        })
    }
  }

  const fire = (nudge: Nudge): void => {
    const now = ticker.now()
    const at = Math.max(now, nextFireAt)
    nextFireAt = at + everyMs
    if (at === now) void deliver(nudge, now, 1)
    else ticker.at(at, () => void deliver(nudge, now, 1))
  }

  return {
    arm: async ({ name, at, nudge }) => {
      check(name, at, ticker.now())
      if (armed.has(name)) return
      const firesAt = at + Math.floor(random() * toleranceMs)
      const cancel = ticker.at(firesAt, () => {
        armed.delete(name)
        fire(nudge)
        if (chance(random, faults.duplicates)) ticker.at(firesAt + Math.floor(random() * toleranceMs), () => fire(nudge))
      })
      armed.set(name, cancel)
    },
    disarm: async (name) => {
      armed.get(name)?.()
      armed.delete(name)
    },
    count: () => armed.size,
  }
}

const check = (name: string, at: Instant, now: Instant): void => {
  if (name.length < 1 || name.length > LIMITS.timerNameCount || !NAME.test(name))
    throw new RangeError(
      `timer name ${JSON.stringify(name)} must be 1 to ${LIMITS.timerNameCount} letters, digits, dashes, underscores and dots`,
    )
  if (at <= now) throw new RangeError(`timer ${name} has the time ${iso(at)}, which is past; it must be after ${iso(now)}`)
  if (at % 1_000 !== 0) throw new RangeError(`timer ${name} has the time ${iso(at)}; it must be a whole second`)
}
