import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { errorIn, shownError } from './error.ts'
import type { HistoryEntry, TaskRow } from './row.ts'

/** What an attempt came to. */
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

/** One claimed execution of a task, as its history tells it. */
export type Attempt = {
  /** Counts from 1, and again from 1 after a redrive. */
  readonly attempt: number
  readonly startedAt: Instant
  /** When it ended; of a lost one, when that was found out. */
  readonly endedAt?: Instant
  readonly outcome: AttemptOutcome
  /** Who held the claim: no two claims have the same owner. */
  readonly owner: string
  readonly error?: { readonly code: string; readonly message: string }
}

/** How many attempts were made before those that the history still tells, and how many of them were lost or put off. */
export type OlderAttempts = { readonly count: number; readonly losses: number; readonly snoozes: number }

/**
 * The attempts of a task, newest first, and a count of those that its history no longer tells.
 *
 * @example attemptsOf(row).attempts[0] // { attempt: 2, startedAt: 1795287600250, outcome: 'running', owner: '01j…' }
 */
export const attemptsOf = (row: TaskRow): { readonly attempts: readonly Attempt[]; readonly older: OlderAttempts } => {
  const attempts = livesOf(row).flatMap(attemptsIn)
  const newest = attempts.findLast(({ error }) => error)
  return {
    attempts: attempts.map((attempt) => (attempt === newest ? withError(attempt, row) : attempt)).reverse(),
    older: olderThan(row, attempts),
  }
}

const olderThan = ({ previousRuns, attempt, losses, snoozes }: TaskRow, told: readonly Attempt[]): OlderAttempts => ({
  count: (previousRuns?.attempts ?? 0) + attempt - told.length,
  // A loss with an error is one that ended its task, which has not counted it.
  losses: (previousRuns?.losses ?? 0) + losses - told.filter((it) => LOST.has(it.outcome) && !it.error).length,
  snoozes: (previousRuns?.snoozes ?? 0) + snoozes - told.filter((it) => PUT_OFF.has(it.outcome)).length,
})

const LOST: ReadonlySet<AttemptOutcome> = new Set(['lost', 'interrupted'])
const PUT_OFF: ReadonlySet<AttemptOutcome> = new Set(['snoozed', 'waiting'])

/** What lies between two redrives, as far as it is told, and how many attempts were made in it. */
type Life = { readonly entries: readonly HistoryEntry[]; readonly made: number }

const livesOf = ({ history, attempt }: TaskRow): readonly Life[] => {
  const redrives = history.flatMap(({ made }, index) => (made === undefined ? [] : [{ index, made }]))
  return [...redrives, { index: history.length, made: attempt }].map(({ index, made }, life) => ({
    entries: history.slice(redrives[life - 1]?.index ?? 0, index),
    made,
  }))
}

const WORKER = 'worker:'

const isClaim = ({ command }: HistoryEntry): boolean => command === 'claim'

/** The oldest attempts may be told no more, so the numbers are counted from the end. */
const attemptsIn = ({ entries, made }: Life): readonly Attempt[] => {
  const claims = entries.flatMap((claim, index) => (isClaim(claim) ? [{ claim, after: entries.slice(index + 1) }] : []))
  return claims.map(({ claim, after }, index) => attemptOf(claim, after, made - (claims.length - 1 - index)))
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

/** A command by another actor than the claim's worker means that the worker was lost. */
const outcomeOf = (claim: HistoryEntry, end: HistoryEntry): AttemptOutcome => {
  if (end.state === 'cancelled') return 'cancelled'
  return end.by === claim.by ? (OUTCOMES[end.command] ?? 'lost') : 'lost'
}

/** What an attempt came to when its worker ended it by this command. */
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
 * The history has only the beginning of a long message; of the newest error, the row has it all. Unless the task has then
 * ended by something else, such as the death of its message.
 */
const withError = (attempt: Attempt, { error, finishedAt }: TaskRow): Attempt =>
  error && (finishedAt === undefined || finishedAt === attempt.endedAt)
    ? { ...attempt, error: { code: error.code, message: shownError(error).message } }
    : attempt
