import { defineKind } from '../row/kind.ts'
import { controlWakeups } from '../row/wakeups.ts'
import type { OperationCommand } from './command.ts'
import { operationConsequences } from './consequences.ts'
import { decideOperation } from './decide.ts'
import type { BulkOperation } from './row.ts'

/** One command for many tasks, a page at each wake-up. */
export const operationKind = defineKind<BulkOperation, OperationCommand>({
  decide: decideOperation,
  consequences: operationConsequences,
  wakeups: controlWakeups,
  watchAt: ({ dueAt }) => dueAt,
  lists: ['results'],
})
