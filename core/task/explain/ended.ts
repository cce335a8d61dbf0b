import { iso } from '../../instant.ts'
import { maxAttempts } from '../../retry/policy.ts'
import { errorText, reasonIn, shownError } from '../error.ts'
import { lastStart } from '../limits.ts'
import { countedAttempts, type HistoryEntry, QUARANTINE_TYPE, type TaskRow } from '../row.ts'
import type { ExplainContext, Reason } from './reason.ts'

/** The reasons why a task ended. */
export const ended = (row: TaskRow, { failureTask }: ExplainContext): readonly Reason[] => {
  const last = row.history.at(-1)
  const since = row.finishedAt ?? row.updatedAt
  const reason = last && reasonIn(last)
  const why = reason ? `: ${reason}` : ''
  switch (row.state) {
    case 'succeeded':
      return [
        {
          code: 'succeeded',
          message: `attempt ${row.attempt} succeeded at ${iso(since)}`,
          since,
          data: { attempts: row.attempt },
        },
      ]
    case 'failed':
      return [failed(row, since), ...(failureTask ? [failureTaskReason(failureTask)] : [])]
    case 'conflicted':
      return [{ code: 'conflicted', message: `the handler reported a conflict: ${row.error?.message ?? ''}`, since }]
    case 'cancelled':
      return [cancelled(row, since)]
    case 'expired':
      return [
        {
          code: 'expired',
          message: `the task did not start before its deadline, which was over at ${iso(row.expiresAt ?? since)}`,
          since,
        },
      ]
    case 'skipped':
      return [{ code: 'skipped', message: `the task was skipped by ${last?.by ?? 'an unknown actor'}${why}`, since }]
    default:
      return []
  }
}

/** The cause why no further attempt followed, as a code and as text. */
const causeOf = (row: TaskRow): readonly [cause: string, words: string] => {
  if (row.type === QUARANTINE_TYPE) return ['unreadable', 'the task holds an unreadable message']
  const { error } = row
  const known = error && CAUSES[error.code]
  if (known) return known
  const age = lastStart(row)
  if (error?.code === 'TooOld' || (age && row.history.at(-1)?.final === age.why))
    return ['tooOld', age?.why ?? 'the task was too old to start']
  if (!error?.retriable) return ['notRetriable', 'the error is not retriable']
  return ['outOfAttempts', `${countedAttempts(row)} of ${maxAttempts(row.retry)} attempts have been made`]
}

/** Carillon's own error codes, each with the cause why no further attempt followed. */
const CAUSES: Readonly<Record<string, readonly [string, string]>> = {
  WorkerLost: ['workersLost', 'the task has lost the maximum number of workers'],
  DeadLettered: ['deadLettered', 'the message of the task was dead-lettered the maximum number of times'],
  UnknownLane: ['unknownLane', 'the lane of the task is not deployed'],
  WaitTimeout: ['waitTimeout', 'the wait of the task timed out'],
  SnoozedTooOften: ['snoozedTooOften', 'the handler snoozed the task the maximum number of times'],
  GateBusy: ['gateBusy', 'the gate was busy, and onBusy of the task is fail'],
}

const failed = (row: TaskRow, since: number): Reason => {
  const [cause, words] = causeOf(row)
  return {
    code: 'failed',
    message: `${row.error ? errorText(row.error) : 'the task failed'} (${words})`,
    since,
    data: { cause, attempts: row.attempt, ...(row.error ? { error: shownError(row.error) } : {}) },
  }
}

const failureTaskReason = ({ id, state, error }: NonNullable<ExplainContext['failureTask']>): Reason => ({
  code: 'failureTask',
  message: `the failure task ${id} is ${state}${error ? `: ${errorText(error)}` : ''}`,
  data: { task: id, state },
})

/** A running task is cancelled by a request first. The actor of that request is the one shown. */
const cancelled = (row: TaskRow, since: number): Reason => {
  const request = cancelRequestOf(row) ?? row.history.at(-1)
  const by = request?.by ?? 'an unknown actor'
  const why = request?.reason ? `: ${request.reason}` : ''
  return { code: 'cancelled', message: `the task was cancelled by ${by}${why}`, since, data: { by } }
}

/** The cancel request of a task that is running, or that ran until its last change; undefined without a request. */
export const cancelRequestOf = ({ history, state }: TaskRow): HistoryEntry | undefined => {
  const ran = state === 'running' ? history : history.slice(0, -1)
  const firstRunning = ran.findLastIndex((entry) => entry.state !== 'running') + 1
  return ran.slice(firstRunning).findLast(({ command }) => command === 'cancel')
}
