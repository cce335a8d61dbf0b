import type { DurationMs } from '../../core/duration.ts'
import { type Instant, iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { encodeNudge, type Nudge } from '../../core/row/nudge.ts'
import type { DeadLetter } from '../../engine/message.ts'
import type { Queue, Timers } from '../../engine/world.ts'
import type { Ticker } from './clock.ts'
import { chance, type Random, type Unkind } from './faults.ts'

/** What timers are made of. */
export type TimerOptions = {
  readonly ticker: Ticker
  /** Where a nudge goes when its timer fires. */
  readonly send: Queue['send']
  /** Hears of a nudge that could not be sent, after `LIMITS.timerRetryCount` tries or a day of them. */
  readonly onDead?: (letter: DeadLetter) => void
  /** How late a timer may fire. Default `LIMITS.timerToleranceMs`, as on AWS. */
  readonly toleranceMs?: DurationMs
  readonly random?: Random
  readonly unkind?: Pick<Unkind, 'doubles'>
}

/** Timers, and how many are armed. */
export type MemoryTimers = Timers & { readonly count: () => number }

const NAME = /^[0-9a-zA-Z\-_.]+$/
const RETRY_MS = 60_000

/** Makes timers that are as strict, as late and as forgetful as EventBridge Scheduler: a fired one has deleted itself. */
export const memoryTimers = (options: TimerOptions): MemoryTimers => {
  const { ticker, send, onDead, toleranceMs = LIMITS.timerToleranceMs, random = () => 0, unkind = {} } = options
  const armed = new Map<string, () => void>()

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

  const fire = (nudge: Nudge): void => void deliver(nudge, ticker.now(), 1)

  return {
    arm: async ({ name, at, nudge }) => {
      check(name, at, ticker.now())
      if (armed.has(name)) return
      const firesAt = at + Math.floor(random() * toleranceMs)
      const callOff = ticker.at(firesAt, () => {
        armed.delete(name)
        fire(nudge)
        if (chance(random, unkind.doubles)) ticker.at(firesAt + Math.floor(random() * toleranceMs), () => fire(nudge))
      })
      armed.set(name, callOff)
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
      `timer name ${JSON.stringify(name)} must be 1 to ${LIMITS.timerNameCount} of letters, digits, dash, underscore and dot`,
    )
  if (at <= now) throw new RangeError(`timer ${name} is asked for ${iso(at)}, which is past; it must be after ${iso(now)}`)
  if (at % 1_000 !== 0) throw new RangeError(`timer ${name} is asked for ${iso(at)}; it must be a whole second`)
}
