import { defined } from '../defined.ts'
import { fraction } from '../hash.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { type CallerCommand, checkCommand } from '../task/command.ts'
import { decideTask } from '../task/decide.ts'
import { fits } from '../task/filter.ts'
import type { TaskRow } from '../task/row.ts'
import { actorOf, type BulkOperation, viaOperation } from './row.ts'

/** Has this operation told the task something already? Its own row says so, which is why no task is told twice. */
export const isHandledBy = (row: TaskRow, operation: string): boolean =>
  // A later operation puts its own name in the place of this one, but not into the history.
  row.operation === operation || row.history.some(({ by }) => by.endsWith(viaOperation(operation)))

/**
 * Is the task one that the operation is to tell: it fits the filter, it would do as it is told, and it is neither one that
 * was made after the operation began nor one that has been told already (a rescheduled task is met again further on)?
 *
 * Of a task that another process made, its clock says whether it was made later. One that is missed for that is seen to be
 * missing; one that is told although its maker had waited for the operation to begin would be an unpleasant surprise.
 */
export const isSelected = (operation: BulkOperation, row: TaskRow, at: number, retentionMs: number): boolean => {
  if (row.createdAt > operation.startedAt || isHandledBy(row, operation.id)) return false
  const command = commandFor(operation, row, at, retentionMs)
  return !isRefusal(command) && !isRefusal(decideTask(row, row, command))
}

/** What a task is told, as it is now; refused when it is no longer one of those that are meant. */
export const commandFor = (operation: BulkOperation, row: TaskRow, at: number, retentionMs: number): CallerCommand | Refusal => {
  const { state } = row
  if (!fits(row, operation.filter))
    return refuse('notAllowed', `task ${row.id} is ${state}; it does not fit the filter any more`, { state })
  if (operation.action === 'cancel' && row.cancelRequested)
    return refuse('unchanged', `the worker of task ${row.id} has been asked already`, { state })
  const { id, reason } = operation
  const stamp = { at, by: actorOf(operation), operation: id, ...(reason ? { reason } : {}) }
  const command = commandOf(operation, stamp, newNotBefore(operation, row.id), retentionMs)
  return checkCommand(row, command) ?? command
}

type CommandStamp = Pick<CallerCommand, 'at' | 'by' | 'reason' | 'operation'>

const commandOf = (
  { action, startedAt, environmentId }: BulkOperation,
  stamp: CommandStamp,
  notBefore: number | undefined,
  retentionMs: number,
): CallerCommand => {
  switch (action) {
    case 'cancel':
      return { name: 'cancel', ...stamp, retentionMs }
    case 'reschedule':
      return { name: 'reschedule', ...stamp, notBefore: notBefore ?? startedAt }
    case 'ready':
      return {
        name: 'ready',
        ...stamp,
        ...defined({ environmentId, notBefore }),
      }
    default:
      return { name: action, ...stamp }
  }
}

/** Spread by the task's id: the same whoever tells it, and however often. */
const newNotBefore = ({ id, notBefore, spreadMs = 0 }: BulkOperation, task: string): number | undefined =>
  notBefore === undefined ? undefined : notBefore + Math.floor(fraction(`${id}/${task}`) * spreadMs)
