import { defined } from '../../core/defined.ts'
import type { Random } from '../memory/faults.ts'
import { chance, pick } from './random.ts'

/** All faults, with their highest rate as a fraction of the occasions. */
export const FAULTS = {
  // Calls of the store, the queue, the timers or the bus. An outage of the store lasts for minutes.
  'call throttled': 0.15,
  'call failed before it took effect': 0.08,
  'call failed after it took effect': 0.08,
  'call repeated after its answer was lost': 0.08,
  'call slow': 0.08,
  'store unavailable': 1,
  // One row, or the rows of one tenant, for longer than the client of the store retries.
  'partition throttled': 0.03,
  // Lambda has no free execution for a message: it counts as received and comes back. It lasts for minutes too.
  'receive throttled': 1,
  // Processes, where they wait: before a call takes effect, after it, or in a handler. A frozen process continues after
  // minutes, past its timeout and its lease.
  'api killed': 0.04,
  'relay killed': 0.04,
  'execute killed': 0.04,
  'control killed': 0.04,
  'execute killed asleep': 0.15,
  'execute frozen': 0.1,
  // An orderly stop: the process is told first, and killed when its grace is over.
  'execute stopped': 0.25,
  'sweep killed': 0.02,
  'dead-letters killed': 0.04,
  // Nudges, before they reach their lane, or with the worker that received them.
  'message lost': 0.25,
  'message delayed': 0.25,
  'message duplicated': 0.25,
  'message reordered': 0.25,
  'message lost with its worker': 1,
  // Timers.
  'timer lost': 0.3,
  'timer duplicated': 0.3,
  'timer late': 0.3,
  // Machines.
  'clock skewed': 1,
} as const

/** The name of a fault. */
export type Fault = keyof typeof FAULTS

/** The faults of one run. */
export type Faults = {
  /** Does the fault occur this time? Counts it if so. */
  readonly occurs: (fault: Fault) => boolean
  /** From now on no fault occurs. */
  readonly heal: () => void
  /** How often each fault occurred. */
  readonly counts: () => Readonly<Record<Fault, number>>
  /** The rate of each fault in this run, as a fraction of the occasions. */
  readonly rates: Readonly<Record<Fault, number>>
  /** The only fault of this run, if it is a run with one fault. */
  readonly only?: Fault
}

/** Faults that occur alone in some runs, because their laws hold only without other faults; and their highest rate there. */
const ALONE: Readonly<Partial<Record<Fault, number>>> = { 'partition throttled': 0.2, 'execute stopped': 1 }
/** Fraction of the runs that have only one fault. */
const ALONE_SHARE = 0.2

/** Fraction of the faults that a run does not have, so that some runs have few faults. */
const ABSENT_SHARE = 0.4

/**
 * Draws the rate of each fault in this run. A run in which every call fails makes no progress and never has two rare faults
 * together.
 */
export const faultsOf = (random: Random): Faults => {
  const names = Object.keys(FAULTS) as Fault[]
  const byFault = (of: (fault: Fault) => number) =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Fault, number>
  const only = chance(random, ALONE_SHARE) ? pick(random, Object.keys(ALONE) as Fault[]) : undefined
  const rateOf = (fault: Fault) => (random() < ABSENT_SHARE ? 0 : FAULTS[fault] * random())
  const rates = byFault((fault) =>
    only === undefined ? rateOf(fault) : fault === only ? (ALONE[fault] ?? 0) * (0.5 + random() / 2) : 0,
  )
  const counts = byFault(() => 0)
  let isHealed = false
  return {
    occurs: (fault) => {
      if (isHealed || random() >= rates[fault]) return false
      counts[fault]++
      return true
    },
    heal: () => {
      isHealed = true
    },
    counts: () => ({ ...counts }),
    rates,
    ...defined({ only }),
  }
}
