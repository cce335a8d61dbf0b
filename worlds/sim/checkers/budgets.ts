import { LIMITS } from '../../../core/limits.ts'
import { maxAttempts, type RetryPolicy, retryWait } from '../../../core/retry/policy.ts'
import { type Commit, isClaim, type Run, taskKey, tasksOf } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import { UNCLASSIFIED_ERROR } from '../workload/retries.ts'
import type { Checker, Violation } from './checker.ts'
import { lastStartOf } from './early.ts'

/**
 * Attempts that failed stay within the retry policy that the task was created with, and lost workers within their own
 * bound; and no task is failed with attempts left because of lost workers or snoozes, which are not its fault.
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
    const say = (message: string) => violations.push({ task, at, message })
    if (after.attempt === 0) spent = { failed: 0, lost: 0 }
    if ((after.redeliveries ?? 0) > LIMITS.redeliveriesCount)
      say(`${after.redeliveries} of its messages died in a row; at most ${LIMITS.redeliveriesCount} may`)
    if (before?.state !== 'running') continue
    if (isLoss(commit) && ++spent.lost > losses) say(`${spent.lost} workers were lost under it; at most ${losses} may be`)
    if (!isFailure(commit, runs)) continue
    if (++spent.failed > most) say(`${spent.failed} attempts failed; its policy allows ${most}`)
    const isWorthIt = mayHelp(policy, commit)
    if (after.state === 'failed' && isWorthIt && spent.failed < most && !isTooLate(policy, commit, spent.failed, runs))
      say(`it was failed after ${spent.failed} failed attempts; its policy allows ${most}`)
    if (after.state === 'scheduled' && !isWorthIt)
      say(`it is to be tried again after ${after.error?.code}, which no repeat can mend`)
  }
  return violations
}

/** What the handler says of its error, or else the policy's list. */
const mayHelp = ({ retriable: list }: RetryPolicy, { after: { error } }: Commit): boolean => {
  const isUnjudged = error?.code === UNCLASSIFIED_ERROR.code || error?.code === 'Timeout'
  if (!list || !isUnjudged) return error?.retriable === true
  const name = error.code === UNCLASSIFIED_ERROR.code ? UNCLASSIFIED_ERROR.name : error.code
  return list.some((entry) => entry.name === name && (entry.code ?? error.code) === error.code)
}

/** Would the next attempt start after the maximum age? A handler may ask for a delay of its own, which is not known here. */
const isTooLate = (policy: RetryPolicy, commit: Commit, failed: number, runs: readonly Run[]): boolean => {
  const { maxAgeMs, ...ageless } = policy
  if (maxAgeMs === undefined) return false
  if (runOf(commit, runs)?.outcome === 'retryLater') return true
  const wait = retryWait(ageless, { made: failed }, commit.after.id) ?? 0
  return commit.at + wait + SKEW_MS > lastStartOf(commit.after)
}

const runOf = ({ before, at }: Commit, runs: readonly Run[]): Run | undefined =>
  runs.findLast((each) => each.attempt === before?.attempt && each.at <= at)

/** Another worker took over, or the task was armed anew because its own was gone. (A loss that ends it is no further start.) */
const isLoss = (commit: Commit): boolean => isClaim(commit) || (commit.after.state === 'scheduled' && isLost(commit))

const isLost = ({ before, after }: Commit): boolean => after.losses > (before?.losses ?? 0)

/** An attempt that was put back, other than by the handler's own wish, or that ended the task as failed. */
const isFailure = (commit: Commit, runs: readonly Run[]): boolean => {
  const { before, after } = commit
  if (isLost(commit) || (after.state !== 'scheduled' && after.state !== 'failed')) return false
  if (after.state === 'failed' && after.error?.code === 'WorkerLost') return false
  return runOf(commit, runs)?.outcome !== 'snooze' && after.history.at(-1)?.by === `worker:${before?.lease?.owner}`
}
