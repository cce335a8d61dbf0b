import { LIMITS } from '../../../core/limits.ts'
import { maxAttempts } from '../../../core/retry.ts'
import { type Commit, isClaim, type Run, taskKey, tasksOf } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/** Attempts that failed stay within the retry policy that the task was created with, and lost workers within their own bound. */
export const keepsBudgets: Checker = (history) => {
  const violations: Violation[] = []
  const runs = Map.groupBy(history.runs, taskKey)
  for (const [task, commits] of tasksOf(history)) {
    const most = maxAttempts(commits[0]?.after.retry ?? { policy: 'none' })
    let failed = 0
    let lost = 0
    for (const commit of commits) {
      const { at, before, after } = commit
      if (after.attempt === 0) failed = lost = 0
      if (before?.state !== 'running') continue
      if (isClaim(commit) && ++lost > LIMITS.lossesCount)
        violations.push({ task, at, message: `${lost} workers were lost under it; at most ${LIMITS.lossesCount} may be` })
      if (isFailure(commit, runs.get(task) ?? []) && ++failed > most)
        violations.push({ task, at, message: `${failed} attempts failed; its policy allows ${most}` })
    }
  }
  return violations
}

/** An attempt that was put back, other than by the handler's own wish, or that ended the task as failed. */
const isFailure = ({ before, after, at }: Commit, runs: readonly Run[]): boolean => {
  if (after.state !== 'scheduled' && after.state !== 'failed') return false
  const run = runs.findLast((each) => each.attempt === before?.attempt && each.at <= at)
  return run?.answer !== 'snooze' && after.history.at(-1)?.by === `worker:${before?.lease?.owner}`
}
