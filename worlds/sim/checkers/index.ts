import type { History } from '../history.ts'
import { keepsBudgets } from './budgets.ts'
import { hearsCancels } from './cancels.ts'
import { type Checker, describe } from './checker.ts'
import { createsOnce } from './creations.ts'
import { keepsMoving } from './dispatch.ts'
import { neverEarly } from './early.ts'
import { runsAtHome } from './environments.ts'
import { publishesInOrder } from './events.ts'
import { handlesFailuresOnce } from './failures.ts'
import { fencesTheLost } from './fencing.ts'
import { keepsGates } from './gates.ts'
import { neverTwoLeases } from './leases.ts'
import { getsThere } from './liveness.ts'
import { tellsOnce } from './operations.ts'
import { respectsPauses } from './pauses.ts'
import { keepsPayloads } from './payloads.ts'
import { startsOnTime } from './punctual.ts'
import { keepsTheUnreadable } from './quarantine.ts'
import { runsAlone } from './runs.ts'
import { meetsNoSurprise } from './surprises.ts'
import { walksTransitions } from './transitions.ts'
import { isTheOnlyOne } from './unique.ts'
import { servesInOrder } from './waitlists.ts'

/** Every law, by the name that its violations carry. */
export const checkers = {
  transitions: walksTransitions,
  leases: neverTwoLeases,
  runs: runsAlone,
  early: neverEarly,
  fencing: fencesTheLost,
  budgets: keepsBudgets,
  liveness: getsThere,
  punctual: startsOnTime,
  failures: handlesFailuresOnce,
  events: publishesInOrder,
  creations: createsOnce,
  unique: isTheOnlyOne,
  quarantine: keepsTheUnreadable,
  gates: keepsGates,
  lines: servesInOrder,
  moving: keepsMoving,
  pauses: respectsPauses,
  operations: tellsOnce,
  cancels: hearsCancels,
  homes: runsAtHome,
  payloads: keepsPayloads,
  surprises: meetsNoSurprise,
} as const satisfies Record<string, Checker>

/** The name of a law. */
export type Law = keyof typeof checkers

/** The violations of each broken law, as texts. Empty when every law is kept. */
export type Violations = Readonly<Partial<Record<string, readonly string[]>>>

/** Runs every checker, and more if there are laws of a kind under test. */
export const check = (history: History, more: Readonly<Record<string, Checker>> = {}): Violations => {
  const entries = Object.entries<Checker>({ ...checkers, ...more }).map(([law, checker]) => [
    law,
    checker(history).map((violation) => describe(law, history.seed, violation)),
  ])
  return Object.fromEntries(entries.filter(([, violations]) => violations?.length))
}
