import type { TaskRow } from './row.ts'

/** What a command changes on a row that exists. `wakes` says that the wake-up is armed anew. */
export type TaskChange = Partial<TaskRow> & {
  readonly state: TaskRow['state']
  readonly wakes?: true
  readonly drop?: readonly (keyof TaskRow)[]
}
