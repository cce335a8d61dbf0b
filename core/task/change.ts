import type { TaskRow } from './row.ts'

/** The fields that a command changes on an existing row. `wakes`: the wake-up is armed again. `drop`: fields to remove. */
export type TaskChange = Partial<TaskRow> & {
  readonly state: TaskRow['state']
  readonly wakes?: true
  readonly drop?: readonly (keyof TaskRow)[]
}
