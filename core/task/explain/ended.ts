import { iso } from '../../instant.ts'
import { maxAttempts } from '../../retry/policy.ts'
import { reasonIn, shownError, wordsOf } from '../error.ts'
import { lastStart } from '../limits.ts'
import { countedAttempts, type HistoryEntry, QUARANTINE_TYPE, type TaskRow } from '../row.ts'
import type { ExplainContext, Reason } from './reason.ts'

/** Why a task ended as it did. */
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
      return [failed(row, since), ...(failureTask ? [handled(failureTask)] : [])]
    case 'conflicted':
      return [{ code: 'conflicted', message: `something else was in its way: ${row.error?.message ?? ''}`, since }]
    case 'cancelled':
      return [cancelled(row, since)]
    case 'expired':
      return [{ code: 'expired', message: `it had not started by ${iso(row.expiresAt ?? since)}, its deadline`, since }]
    case 'skipped':
      return [{ code: 'skipped', message: `it was left out by ${last?.by ?? 'nobody known'}${why}`, since }]
    default:
      return []
  }
}

/** Why there was no further attempt. */
const causeOf = (row: TaskRow): readonly [cause: string, words: string] => {
  if (row.type === QUARANTINE_TYPE) return ['unreadable', 'it is a message that nobody could read']
  const { error } = row
  const known = error && CAUSES[error.code]
  if (known) return known
  const age = lastStart(row)
  if (error?.code === 'TooOld' || (age && row.history.at(-1)?.final === age.why))
    return ['tooOld', age?.why ?? 'it was too old to start']
  if (!error?.retriable) return ['notRetriable', 'no repeat can mend that']
  return ['outOfAttempts', `${countedAttempts(row)} of ${maxAttempts(row.retry)} attempts have been made`]
}

/** Errors that are of Carillon's own making, and say by themselves why there was no further attempt. */
const CAUSES: Readonly<Record<string, readonly [string, string]>> = {
  WorkerLost: ['workersLost', 'it has lost as many workers as it may'],
  DeadLettered: ['deadLettered', 'its message has died as often as it may'],
  UnknownLane: ['unknownLane', 'its lane is not deployed'],
  WaitTimeout: ['waitTimeout', 'it has waited as long as it may'],
  SnoozedTooOften: ['snoozedTooOften', 'it has put itself off as often as it may'],
  GateBusy: ['gateBusy', 'it was to fail rather than to wait at its gate'],
}

const failed = (row: TaskRow, since: number): Reason => {
  const [cause, words] = causeOf(row)
  return {
    code: 'failed',
    message: `${row.error ? wordsOf(row.error) : 'it failed'} (${words})`,
    since,
    data: { cause, attempts: row.attempt, ...(row.error ? { error: shownError(row.error) } : {}) },
  }
}

const handled = ({ id, state, error }: NonNullable<ExplainContext['failureTask']>): Reason => ({
  code: 'failureTask',
  message: `its failure task ${id} is ${state}${error ? `: ${wordsOf(error)}` : ''}`,
  data: { task: id, state },
})

/** One that was running has been asked before it obeyed: whoever asked has cancelled it. */
const cancelled = (row: TaskRow, since: number): Reason => {
  const said = cancelRequestOf(row) ?? row.history.at(-1)
  const by = said?.by ?? 'nobody known'
  const why = said?.reason ? `: ${said.reason}` : ''
  return { code: 'cancelled', message: `it was cancelled by ${by}${why}`, since, data: { by } }
}

/** The request to cancel of a task that runs, or ran until its last change; undefined when there was none. */
export const cancelRequestOf = ({ history, state }: TaskRow): HistoryEntry | undefined => {
  const ran = state === 'running' ? history : history.slice(0, -1)
  const began = ran.findLastIndex((entry) => entry.state !== 'running') + 1
  return ran.slice(began).findLast(({ command }) => command === 'cancel')
}
