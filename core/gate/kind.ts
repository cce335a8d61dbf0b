import { defineKind } from '../row/kind.ts'
import { controlWakeups, wakeupChanges } from '../row/wakeups.ts'
import type { GateCommand } from './command.ts'
import { decideGate } from './decide.ts'
import type { GateRow } from './row.ts'

/** A concurrency or rate limit with a waitlist. The engine does the rest when the gate dispatches. */
export const gateKind = defineKind<GateRow, GateCommand>({
  decide: decideGate,
  consequences: wakeupChanges,
  wakeups: controlWakeups,
  watchAt: ({ dueAt }) => dueAt,
  lists: ['waitlist'],
})
