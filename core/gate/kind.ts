import { defineKind } from '../row/kind.ts'
import { controlWakeups, wakeupChanges } from '../row/wakeups.ts'
import type { GateCommand } from './command.ts'
import { decideGate } from './decide.ts'
import type { GateRow } from './row.ts'

/** A concurrency or rate limit with its waitlist. The engine does everything else at a gate's dispatch. */
export const gateKind = defineKind<GateRow, GateCommand>({
  decide: decideGate,
  consequences: wakeupChanges,
  wakeups: controlWakeups,
  watchAt: ({ dueAt }) => dueAt,
  lists: ['waitlist'],
})
