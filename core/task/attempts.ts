import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { errorIn, INTERRUPTED, shownError } from './error.ts'
import type { HistoryEntry, TaskRow } from './row.ts'

/** The possible outcomes of an attempt. */
export const ATTEMPT_OUTCOMES = [
  'running',
  'succeeded',
  'retried',
  'failed',
  'snoozed',
  'waiting',
  'conflicted',
  'cancelled',
  'lost',
  'interrupted',
] as const
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number]

/** One claimed execution of a task, derived from the history. */
export type Attempt = {
  /** Counts from 1. A redrive starts again at 1. */
  readonly attempt: number
  readonly startedAt: Instant
  /** When the attempt ended. For a lost attempt: when the loss was detected. */
  readonly endedAt?: Instant
  readonly outcome: AttemptOutcome
  /** The owner of the claim; unique for each claim. */
  readonly owner: string
  readonly error?: { readonly code: string; readonly message: string }
}

/** Attempts that the history no longer contains: how many, and how many of them were lost, snoozed or interrupted. */
export type OlderAttempts = {
  readonly count: number
  readonly losses: number
  readonly snoozes: number
  readonly interruptions: number
}

/**
 * The attempts of a task, newest first, and counts of the attempts that its history no longer contains.
 *
 * @example attemptsOf(row).attempts[0] // { attempt: 2, startedAt: 1795287600250, outcome: 'running', owner: '01j…' }
 */
export const attemptsOf = (row: TaskRow): { readonly attempts: readonly Attempt[]; readonly older: OlderAttempts } => {
  const listed = runsOf(row).flatMap(attemptsIn)
  const newest = listed.findLast(({ attempt: { error } }) => error)
  return {
    attempts: listed.map((it) => (it === newest ? withFullMessage(it.attempt, row) : it.attempt)).reverse(),
    older: olderAttempts(row, listed),
  }
}

const olderAttempts = (row: TaskRow, listed: readonly Listed[]): OlderAttempts => {
  const { previousRuns, attempt, losses, snoozes, interruptions = 0 } = row
  const countOf = (budget: Budget) => listed.filter((it) => budgetOf(it) === budget).length
  return {
    count: (previousRuns?.attempts ?? 0) + attempt - listed.length,
    losses: (previousRuns?.losses ?? 0) + losses - countOf('losses'),
    snoozes: (previousRuns?.snoozes ?? 0) + snoozes - countOf('snoozes'),
    interruptions: (previousRuns?.interruptions ?? 0) + interruptions - countOf('interruptions'),
  }
}

/** An attempt, and the history entry that ended it. */
type Listed = { readonly attempt: Attempt; readonly end?: HistoryEntry | undefined }

type Budget = 'losses' | 'snoozes' | 'interruptions'

/** The counter of the row that counts the attempt; undefined for an attempt that counts against the retry policy. */
const budgetOf = ({ attempt: { outcome, error }, end }: Listed): Budget | undefined => {
  if (outcome === 'snoozed' || outcome === 'waiting') return 'snoozes'
  if (outcome === 'interrupted' && end?.code === INTERRUPTED) return 'interruptions'
  // `row.losses` does not include the loss that ended the task. That loss has an error.
  return (outcome === 'lost' || outcome === 'interrupted') && !error ? 'losses' : undefined
}

/** The remaining history entries between two redrives, and the number of attempts made between them. */
type Run = { readonly entries: readonly HistoryEntry[]; readonly attemptsMade: number }

const runsOf = ({ history, attempt }: TaskRow): readonly Run[] => {
  const redrives = history.flatMap(({ attemptsMade }, index) => (attemptsMade === undefined ? [] : [{ index, attemptsMade }]))
  return [...redrives, { index: history.length, attemptsMade: attempt }].map(({ index, attemptsMade }, run) => ({
    entries: history.slice(redrives[run - 1]?.index ?? 0, index),
    attemptsMade,
  }))
}

const WORKER = 'worker:'

const isClaim = ({ command }: HistoryEntry): boolean => command === 'claim'

/** The history may lack the oldest attempts, so attempt numbers are counted from the end. */
const attemptsIn = ({ entries, attemptsMade }: Run): readonly Listed[] => {
  const claims = entries.flatMap((claim, index) => (isClaim(claim) ? [{ claim, after: entries.slice(index + 1) }] : []))
  return claims.map(({ claim, after }, index) => attemptOf(claim, after, attemptsMade - (claims.length - 1 - index)))
}

const attemptOf = (claim: HistoryEntry, after: readonly HistoryEntry[], attempt: number): Listed => {
  const end = after.find((entry) => entry.state !== 'running' || isClaim(entry))
  const outcome = end ? outcomeOf(claim, end) : 'running'
  const error = end && hasError(outcome, end) ? errorIn(end) : undefined
  return {
    attempt: {
      attempt,
      startedAt: claim.at,
      ...(end ? { endedAt: end.at } : {}),
      outcome,
      owner: claim.by.slice(WORKER.length),
      ...defined({ error }),
    },
    end,
  }
}

/** If another actor than the claim's worker ended the attempt, the worker was lost. */
const outcomeOf = (claim: HistoryEntry, end: HistoryEntry): AttemptOutcome => {
  if (end.state === 'cancelled') return 'cancelled'
  return end.by === claim.by ? (OUTCOMES[end.command] ?? 'lost') : 'lost'
}

/** The outcome of an attempt whose worker ended it with this command. */
const OUTCOMES: Readonly<Partial<Record<HistoryEntry['command'], AttemptOutcome>>> = {
  succeed: 'succeeded',
  retry: 'retried',
  fail: 'failed',
  snooze: 'snoozed',
  wait: 'waiting',
  conflict: 'conflicted',
  rearm: 'interrupted',
}

const hasError = (outcome: AttemptOutcome, { state }: HistoryEntry): boolean =>
  outcome === 'retried' || outcome === 'failed' || outcome === 'conflicted' || (outcome === 'lost' && state === 'failed')

/**
 * The history keeps only the beginning of a long message, but the row keeps the newest error in full. The row's error is
 * not the attempt's error when the task ended later for another reason, such as a dead-lettered message.
 */
const withFullMessage = (attempt: Attempt, { error, finishedAt }: TaskRow): Attempt =>
  error && (finishedAt === undefined || finishedAt === attempt.endedAt)
    ? { ...attempt, error: { code: error.code, message: shownError(error).message } }
    : attempt
