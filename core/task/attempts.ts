import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { errorIn, shownError } from './error.ts'
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

/** Attempts that the history no longer contains: how many, and how many of them were lost or snoozed. */
export type OlderAttempts = { readonly count: number; readonly losses: number; readonly snoozes: number }

/**
 * The attempts of a task, newest first, and counts of the attempts that its history no longer contains.
 *
 * @example attemptsOf(row).attempts[0] // { attempt: 2, startedAt: 1795287600250, outcome: 'running', owner: '01j…' }
 */
export const attemptsOf = (row: TaskRow): { readonly attempts: readonly Attempt[]; readonly older: OlderAttempts } => {
  const attempts = runsOf(row).flatMap(attemptsIn)
  const newest = attempts.findLast(({ error }) => error)
  return {
    attempts: attempts.map((attempt) => (attempt === newest ? withFullMessage(attempt, row) : attempt)).reverse(),
    older: olderAttempts(row, attempts),
  }
}

const olderAttempts = ({ previousRuns, attempt, losses, snoozes }: TaskRow, listed: readonly Attempt[]): OlderAttempts => ({
  count: (previousRuns?.attempts ?? 0) + attempt - listed.length,
  // `row.losses` does not include the loss that ended the task. That loss has an error.
  losses: (previousRuns?.losses ?? 0) + losses - listed.filter((it) => LOSSES.has(it.outcome) && !it.error).length,
  snoozes: (previousRuns?.snoozes ?? 0) + snoozes - listed.filter((it) => SNOOZES.has(it.outcome)).length,
})

const LOSSES: ReadonlySet<AttemptOutcome> = new Set(['lost', 'interrupted'])
const SNOOZES: ReadonlySet<AttemptOutcome> = new Set(['snoozed', 'waiting'])

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
const attemptsIn = ({ entries, attemptsMade }: Run): readonly Attempt[] => {
  const claims = entries.flatMap((claim, index) => (isClaim(claim) ? [{ claim, after: entries.slice(index + 1) }] : []))
  return claims.map(({ claim, after }, index) => attemptOf(claim, after, attemptsMade - (claims.length - 1 - index)))
}

const attemptOf = (claim: HistoryEntry, after: readonly HistoryEntry[], attempt: number): Attempt => {
  const end = after.find((entry) => entry.state !== 'running' || isClaim(entry))
  const outcome = end ? outcomeOf(claim, end) : 'running'
  const error = end && hasError(outcome, end) ? errorIn(end) : undefined
  return {
    attempt,
    startedAt: claim.at,
    ...(end ? { endedAt: end.at } : {}),
    outcome,
    owner: claim.by.slice(WORKER.length),
    ...defined({ error }),
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
