import type { History } from '../history.ts'
import { answersAsExpected } from './answers.ts'
import { keepsBudgets } from './budgets.ts'
import { stopsOnCancel } from './cancels.ts'
import { type Checker, describe } from './checker.ts'
import { createsOnce } from './creations.ts'
import { diesOfPoisonOnly } from './deaths.ts'
import { dispatchesPromptly } from './dispatch.ts'
import { neverEarly } from './early.ts'
import { runsInItsEnvironment } from './environments.ts'
import { publishesInOrder } from './events.ts'
import { handlesFailuresOnce } from './failures.ts'
import { fencesLostWorkers } from './fencing.ts'
import { keepsGates } from './gates.ts'
import { neverTwoLeases } from './leases.ts'
import { reachesEnd } from './liveness.ts'
import { commandsOnce } from './operations.ts'
import { respectsPauses } from './pauses.ts'
import { keepsPayloads } from './payloads.ts'
import { toldWithoutHarm } from './progress.ts'
import { startsOnTime } from './punctual.ts'
import { quarantinesUnreadable } from './quarantine.ts'
import { repairsSoon } from './repairs.ts'
import { keepsResults } from './results.ts'
import { runsAlone } from './runs.ts'
import { countsOccurrences, keepsOverlap, startsOccurrencesOnce } from './series.ts'
import { stopsInOrder } from './stops.ts'
import { keepsTransitions } from './transitions.ts'
import { keepsUnique } from './unique.ts'
import { visitsInTime } from './visits.ts'
import { servesInOrder } from './waitlists.ts'

/** Every law by its name, which is printed with each violation. */
export const checkers = {
  transitions: keepsTransitions,
  leases: neverTwoLeases,
  runs: runsAlone,
  early: neverEarly,
  fencing: fencesLostWorkers,
  results: keepsResults,
  progress: toldWithoutHarm,
  stops: stopsInOrder,
  budgets: keepsBudgets,
  liveness: reachesEnd,
  punctual: startsOnTime,
  repairs: repairsSoon,
  visits: visitsInTime,
  failures: handlesFailuresOnce,
  events: publishesInOrder,
  creations: createsOnce,
  unique: keepsUnique,
  quarantine: quarantinesUnreadable,
  deaths: diesOfPoisonOnly,
  gates: keepsGates,
  waitlists: servesInOrder,
  dispatch: dispatchesPromptly,
  pauses: respectsPauses,
  operations: commandsOnce,
  cancels: stopsOnCancel,
  environments: runsInItsEnvironment,
  payloads: keepsPayloads,
  answers: answersAsExpected,
  occurrences: startsOccurrencesOnce,
  overlap: keepsOverlap,
  counts: countsOccurrences,
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
