import { defined } from '../defined.ts'
import { fraction } from '../hash.ts'
import { isRefusal, type Refusal, refuse } from '../refusal.ts'
import { type CallerCommand, checkCommand } from '../task/command.ts'
import { decideTask } from '../task/decide.ts'
import { matchesFilter } from '../task/places.ts'
import type { TaskRow } from '../task/row.ts'
import { actorOf, type BulkOperation, viaOperation } from './row.ts'

/** Has the task already got the command of this operation? Its own row records that, so no task gets it twice. */
export const isHandledBy = (row: TaskRow, operation: string): boolean =>
  // A later operation overwrites the field `operation`, but not the history.
  row.operation === operation || row.history.some(({ by }) => by.endsWith(viaOperation(operation)))

/**
 * Does the operation select the task? The task matches the filter, would accept the command, was created before the operation
 * started, and has not got the command yet (a rescheduled task appears again further on the agenda).
 *
 * The creation time comes from the clock of the process that created the task. A clock that is ahead excludes a task, which a
 * caller notices. A clock that is behind would include a task that was created after the start, which would surprise its caller.
 */
export const isSelected = (operation: BulkOperation, row: TaskRow, at: number, retentionMs: number): boolean => {
  if (row.createdAt > operation.startedAt || isHandledBy(row, operation.id)) return false
  const command = commandFor(operation, row, at, retentionMs)
  return !isRefusal(command) && !isRefusal(decideTask(row, row, command))
}

/** The command for a task in its present state; a refusal when the operation no longer selects it. */
export const commandFor = (operation: BulkOperation, row: TaskRow, at: number, retentionMs: number): CallerCommand | Refusal => {
  const { state } = row
  if (!matchesFilter(row, operation.filter))
    return refuse('notAllowed', `task ${row.id} is ${state} and no longer matches the filter`, { state })
  if (operation.action === 'cancel' && row.cancelRequested)
    return refuse('unchanged', `the worker of task ${row.id} has been asked to cancel it already`, { state })
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

/** The new time, spread by a hash of the task's id: every worker and every repeat computes the same time. */
const newNotBefore = ({ id, notBefore, spreadMs = 0 }: BulkOperation, task: string): number | undefined =>
  notBefore === undefined ? undefined : notBefore + Math.floor(fraction(`${id}/${task}`) * spreadMs)
