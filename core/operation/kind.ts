import { defineKind } from '../row/kind.ts'
import { controlWakeups } from '../row/wakeups.ts'
import type { OperationCommand } from './command.ts'
import { operationConsequences } from './consequences.ts'
import { decideOperation } from './decide.ts'
import type { BulkOperation } from './row.ts'

/** A bulk operation: one command for many tasks, one page at each wake-up. */
export const operationKind = defineKind<BulkOperation, OperationCommand>({
  decide: decideOperation,
  consequences: operationConsequences,
  wakeups: controlWakeups,
  watchAt: ({ dueAt }) => dueAt,
  lists: ['results'],
})
