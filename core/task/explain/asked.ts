import type { HistoryEntry, TaskRow } from '../row.ts'

/** Who has asked for the cancel of a task that runs, or ran until its last change; undefined when nobody has. */
export const askedBy = ({ history, state }: TaskRow): HistoryEntry | undefined => {
  const ran = state === 'running' ? history : history.slice(0, -1)
  const began = ran.findLastIndex((entry) => entry.state !== 'running') + 1
  // A worker says `running` when it claims; whoever else says so asks.
  return ran.slice(began).findLast(({ by }) => !by.startsWith('worker:'))
}
