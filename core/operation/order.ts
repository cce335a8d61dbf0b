import { fraction } from '../hash.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { CallerCommand } from '../task/command.ts'
import { fits } from '../task/filter.ts'
import { objection } from '../task/objection.ts'
import { type TaskRow, targets } from '../task/row.ts'
import { type OperationRow, via, voiceOf } from './row.ts'

/** Has this operation told the task something already? Its own row says so, which is why no task is told twice. */
export const isToldBy = (row: TaskRow, operation: string): boolean =>
  // A later operation puts its own name in the place of this one, but not into the history.
  row.operation === operation || row.history.some(({ by }) => by.endsWith(via(operation)))

/**
 * Is the task one that the operation is to tell: it fits the filter, its state allows the action, and it is neither one
 * that was made after the operation began nor one that has been told already (a rescheduled task is met again further on)?
 */
export const isMeant = (operation: OperationRow, row: TaskRow): boolean =>
  row.createdAt <= operation.startedAt + LIMITS.clocksApartMs &&
  fits(row, operation.filter) &&
  targets(row.state, operation.action).length > 0 &&
  !isToldBy(row, operation.id)

/** What a task is told, as it is now; refused when it is no longer one of those that are meant. */
export const orderTo = (
  operation: OperationRow,
  row: TaskRow,
  at: number,
  { retentionMs, environmentId }: { readonly retentionMs: number; readonly environmentId: string },
): CallerCommand | Refusal => {
  const { state } = row
  if (!fits(row, operation.filter))
    return refuse('notAllowed', `task ${row.id} is ${state}; it does not fit the filter any more`, { state })
  if (operation.action === 'cancel' && row.cancelRequested)
    return refuse('unchanged', `the worker of task ${row.id} has been asked already`, { state })
  const { id, reason } = operation
  const said = { at, by: voiceOf(operation), operation: id, ...(reason ? { reason } : {}) }
  const command = commandOf(operation, said, newTime(operation, row.id), retentionMs, environmentId)
  return objection(row, command) ?? command
}

type Said = Pick<CallerCommand, 'at' | 'by' | 'reason' | 'operation'>

const commandOf = (
  { action, startedAt }: OperationRow,
  said: Said,
  notBefore: number | undefined,
  retentionMs: number,
  environmentId: string,
): CallerCommand => {
  switch (action) {
    case 'cancel':
      return { name: 'cancel', ...said, retentionMs }
    case 'reschedule':
      return { name: 'reschedule', ...said, notBefore: notBefore ?? startedAt }
    case 'ready':
      return { name: 'ready', ...said, environmentId, ...(notBefore === undefined ? {} : { notBefore }) }
    default:
      return { name: action, ...said }
  }
}

/** Spread by the task's id: the same whoever tells it, and however often. */
const newTime = ({ id, notBefore, spreadMs = 0 }: OperationRow, task: string): number | undefined =>
  notBefore === undefined ? undefined : notBefore + Math.floor(fraction(`${id}/${task}`) * spreadMs)
