import { LIMITS } from '../../../core/limits.ts'
import { maxAttempts } from '../../../core/retry.ts'
import { type Commit, isClaim, type Run, taskKey, tasksOf } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

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
  const most = maxAttempts(commits[0]?.after.retry ?? { policy: 'none' })
  let spent = { failed: 0, lost: 0 }
  for (const commit of commits) {
    const { at, before, after } = commit
    const say = (message: string) => violations.push({ task, at, message })
    if (after.attempt === 0) spent = { failed: 0, lost: 0 }
    if ((after.burials ?? 0) > LIMITS.burialsCount)
      say(`${after.burials} of its messages died in a row; at most ${LIMITS.burialsCount} may`)
    if (before?.state !== 'running') continue
    if (isLoss(commit) && ++spent.lost > LIMITS.lossesCount)
      say(`${spent.lost} workers were lost under it; at most ${LIMITS.lossesCount} may be`)
    if (!isFailure(commit, runs)) continue
    if (++spent.failed > most) say(`${spent.failed} attempts failed; its policy allows ${most}`)
    if (after.state === 'failed' && after.error?.retriable && spent.failed < most)
      say(`it was failed after ${spent.failed} failed attempts; its policy allows ${most}`)
  }
  return violations
}

/** Another worker took over, or the message of the dead one was buried and the task armed anew. (A burial that ends it is no further start.) */
const isLoss = (commit: Commit): boolean =>
  isClaim(commit) || (commit.after.state === 'scheduled' && commit.after.history.at(-1)?.by === 'system:bury')

/** An attempt that was put back, other than by the handler's own wish, or that ended the task as failed. */
const isFailure = ({ before, after, at }: Commit, runs: readonly Run[]): boolean => {
  if (after.state !== 'scheduled' && after.state !== 'failed') return false
  const run = runs.findLast((each) => each.attempt === before?.attempt && each.at <= at)
  return run?.answer !== 'snooze' && after.history.at(-1)?.by === `worker:${before?.lease?.owner}`
}
