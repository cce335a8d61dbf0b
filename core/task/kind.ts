import { defineKind } from '../row/kind.ts'
import type { TaskCommand } from './command.ts'
import { taskConsequences, taskWakeups } from './consequences.ts'
import { decideTask } from './decide.ts'
import { overdueAt, placesOf } from './places.ts'
import type { TaskRow } from './row.ts'

/** One instance of a task type for one tenant. */
export const taskKind = defineKind<TaskRow, TaskCommand>({
  decide: decideTask,
  consequences: taskConsequences,
  wakeups: taskWakeups,
  watchAt: (row) => placesOf(row).watch,
  overdueAt,
})
