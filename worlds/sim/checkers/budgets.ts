import { LIMITS } from '../../../core/limits.ts'
import { maxAttempts, type RetryPolicy, retryWait } from '../../../core/retry/policy.ts'
import { type Commit, isClaim, isInterruption, type Run, taskKey, tasksOf } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import { UNCLASSIFIED_ERROR } from '../workload/retries.ts'
import type { Checker, Violation } from './checker.ts'
import { lastStartOf } from './early.ts'

/**
 * Failed attempts stay within the retry policy that the task was created with. Lost workers stay within their own bound.
 * A task does not fail with attempts left: lost workers, snoozes and interruptions do not count as failed attempts.
 */
export const keepsBudgets: Checker = (history) => {
  const runs = Map.groupBy(history.runs, taskKey)
  return [...tasksOf(history)].flatMap(([task, commits]) => ofTask(task, commits, runs.get(task) ?? []))
}

const ofTask = (task: string, commits: readonly Commit[], runs: readonly Run[]): readonly Violation[] => {
  const violations: Violation[] = []
  const policy: RetryPolicy = commits[0]?.after.retry ?? { policy: 'none' }
  const { losses = LIMITS.lossesCount } = policy
  const most = maxAttempts(policy)
  let spent = { failed: 0, lost: 0 }
  for (const commit of commits) {
    const { at, before, after } = commit
    const report = (message: string) => violations.push({ task, at, message })
    if (after.attempt === 0) spent = { failed: 0, lost: 0 }
    if ((after.redeliveries ?? 0) > LIMITS.redeliveriesCount)
      report(`${after.redeliveries} dead letters in a row; at most ${LIMITS.redeliveriesCount} are redelivered`)
    if (before?.state !== 'running') continue
    if (isLoss(commit) && ++spent.lost > losses) report(`${spent.lost} workers were lost; the policy allows ${losses}`)
    if (!isFailure(commit, runs)) continue
    if (++spent.failed > most) report(`${spent.failed} attempts failed; the policy allows ${most}`)
    const isRetriable = retriableBy(policy, commit)
    if (after.state === 'failed' && isRetriable && spent.failed < most && !isTooLate(policy, commit, spent.failed, runs))
      report(`the task failed after ${spent.failed} failed attempts; the policy allows ${most}`)
    if (after.state === 'scheduled' && !isRetriable)
      report(`an attempt was scheduled after ${after.error?.code}, which is not retriable`)
  }
  return violations
}

/** The policy's list decides for errors that the handler did not classify; the error itself decides for all others. */
const retriableBy = ({ retriable: list }: RetryPolicy, { after: { error } }: Commit): boolean => {
  const isUnclassified = error?.code === UNCLASSIFIED_ERROR.code || error?.code === 'Timeout'
  if (!list || !isUnclassified) return error?.retriable === true
  const name = error.code === UNCLASSIFIED_ERROR.code ? UNCLASSIFIED_ERROR.name : error.code
  return list.some((entry) => entry.name === name && (entry.code ?? error.code) === error.code)
}

/** Would the next attempt start after the maximum age? The delay that a handler returned with `retryLater` is not recorded. */
const isTooLate = (policy: RetryPolicy, commit: Commit, failed: number, runs: readonly Run[]): boolean => {
  const { maxAgeMs, ...ageless } = policy
  if (maxAgeMs === undefined) return false
  if (runOf(commit, runs)?.outcome === 'retryLater') return true
  const wait = retryWait(ageless, { made: failed }, commit.after.id) ?? 0
  return commit.at + wait + SKEW_MS > lastStartOf(commit.after)
}

const runOf = ({ before, at }: Commit, runs: readonly Run[]): Run | undefined =>
  runs.findLast((each) => each.attempt === before?.attempt && each.at <= at)

/** Another worker claimed the task, or the task was scheduled again. A loss that ends the task starts no further attempt. */
const isLoss = (commit: Commit): boolean => isClaim(commit) || (commit.after.state === 'scheduled' && isLost(commit))

const isLost = ({ before, after }: Commit): boolean => after.losses > (before?.losses ?? 0)

/** An attempt that the worker ended with a retry or with `failed`. A snooze is no failure. */
const isFailure = (commit: Commit, runs: readonly Run[]): boolean => {
  const { before, after } = commit
  if (isLost(commit) || isInterruption(commit) || (after.state !== 'scheduled' && after.state !== 'failed')) return false
  if (after.state === 'failed' && after.error?.code === 'WorkerLost') return false
  return runOf(commit, runs)?.outcome !== 'snooze' && after.history.at(-1)?.by === `worker:${before?.lease?.owner}`
}
