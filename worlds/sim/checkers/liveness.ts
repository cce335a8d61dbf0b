import { iso } from '../../../core/instant.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { tasksOf } from '../history.ts'
import type { Checker } from './checker.ts'

/** Once nothing goes wrong any more, every task whose time has come gets to its end, or waits rightly. */
export const getsThere: Checker = (history) => {
  const { endedAt } = history
  const stuck = [...tasksOf(history)].flatMap(([task, commits]) => {
    const row = commits.at(-1)?.after
    const why = row && overdue(row, endedAt)
    return why ? [{ task, at: endedAt, message: why }] : []
  })
  return history.unsettled && stuck.length === 0 ? [{ task: 'none', at: endedAt, message: history.unsettled }] : stuck
}

/** Why this row should have moved by now; undefined when it is final, or open with every right. */
export const overdue = (row: TaskRow, now: number): string | undefined => {
  switch (row.state) {
    case 'running':
      return `it is running still, under a lease until ${row.lease ? iso(row.lease.until) : 'never'}, and nobody looks after it`
    case 'scheduled':
    case 'pending':
    case 'waiting':
      if (row.blocked) return `it waits at gate ${row.blocked} still, and nobody calls it`
      if (row.dueAt !== undefined && row.dueAt <= now)
        return `it is ${row.state} still; it was due at ${iso(row.dueAt)}, and nobody wakes it`
      return row.state === 'scheduled' && row.dueAt === undefined ? 'it is scheduled for no time at all' : undefined
    default:
      return undefined
  }
}
