import type { Random } from '../memory/faults.ts'

/** Everything that can go wrong here, with the most often that it does (a fraction of the occasions). */
export const FAULTS = {
  // A call to the store, the queue, the timers or the bus; an outage of the store lasts for minutes:
  'call throttled': 0.15,
  'call failed before it took effect': 0.08,
  'call failed after it took effect': 0.08,
  'call repeated after its answer was lost': 0.08,
  'call slow': 0.08,
  'store out': 1,
  // A worker, at one of the points where it waits: before a call took effect, after it, or in the middle of a handler.
  // A frozen one goes on after minutes, past its time and its lease, and does not know.
  'api killed': 0.04,
  'relay killed': 0.04,
  'execute killed': 0.04,
  'control killed': 0.04,
  'execute killed asleep': 0.15,
  'execute frozen': 0.1,
  'sweep killed': 0.02,
  'bury killed': 0.04,
  // A nudge on its way to its lane, or on the lane with the worker that held it:
  'message lost': 0.25,
  'message delayed': 0.25,
  'message doubled': 0.25,
  'message reordered': 0.25,
  'message lost with its worker': 1,
  // A timer:
  'timer lost': 0.3,
  'timer doubled': 0.3,
  'timer late': 0.3,
  // A machine:
  'clock skewed': 1,
} as const

/** The name of a fault. */
export type Fault = keyof typeof FAULTS

/** What goes wrong in one run. */
export type Faults = {
  /** Does it go wrong this time? Counts it when it does. */
  readonly strikes: (fault: Fault) => boolean
  /** From now on nothing goes wrong. */
  readonly heal: () => void
  /** How often each fault struck. */
  readonly counts: () => Readonly<Record<Fault, number>>
  /** How often each fault may strike in this run; for people who replay it. */
  readonly rates: Readonly<Record<Fault, number>>
}

/** The share of faults that a run does without, so that each gets its turn of being seen alone. */
const SPARED = 0.4

/**
 * Draws how often each fault strikes in this run: a run in which everything fails all the time is stuck where it starts,
 * and never meets what two rare faults do together.
 */
export const faultsOf = (random: Random): Faults => {
  const names = Object.keys(FAULTS) as Fault[]
  const record = (of: (fault: Fault) => number) =>
    Object.fromEntries(names.map((name) => [name, of(name)])) as Record<Fault, number>
  const rates = record((fault) => (random() < SPARED ? 0 : FAULTS[fault] * random()))
  const counts = record(() => 0)
  let healed = false
  return {
    strikes: (fault) => {
      if (healed || random() >= rates[fault]) return false
      counts[fault]++
      return true
    },
    heal: () => {
      healed = true
    },
    counts: () => ({ ...counts }),
    rates,
  }
}
