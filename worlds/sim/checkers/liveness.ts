import { iso } from '../../../core/instant.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { tasksOf } from '../history.ts'
import type { Checker } from './checker.ts'

/** After the faults have ended, every due task ends, or waits for a command. */
export const reachesEnd: Checker = (history) => {
  const { endedAt } = history
  const stuck = [...tasksOf(history)].flatMap(([task, commits]) => {
    const row = commits.at(-1)?.after
    const message = row && overdue(row, endedAt)
    return message ? [{ task, at: endedAt, message }] : []
  })
  return history.unsettled && stuck.length === 0 ? [{ task: 'none', at: endedAt, message: history.unsettled }] : stuck
}

/** Why this row should have changed by now; undefined when it has ended or waits for its time or a command. */
export const overdue = (row: TaskRow, now: number): string | undefined => {
  switch (row.state) {
    case 'running':
      return `the task is still running; its lease ${row.lease ? `is over at ${iso(row.lease.until)}` : 'is missing'}`
    case 'scheduled':
    case 'pending':
    case 'waiting':
      if (row.blocked) return `the task is still blocked at gate ${row.blocked}`
      if (row.dueAt !== undefined && row.dueAt <= now) return `the task is still ${row.state}; it was due at ${iso(row.dueAt)}`
      return row.state === 'scheduled' && row.dueAt === undefined ? 'the task is scheduled without a time' : undefined
    default:
      return undefined
  }
}
