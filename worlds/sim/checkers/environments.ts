import { type Commit, isClaim, tasksOf } from '../history.ts'
import { ENVIRONMENT } from '../workload/types.ts'
import type { Checker } from './checker.ts'

/** A task of another environment is never run here, before somebody has made it ready here. */
export const runsAtHome: Checker = (history) =>
  [...tasksOf(history)].flatMap(([task, commits]) =>
    commits.flatMap((commit, index) => {
      const home = homeAfter(commits.slice(0, index))
      if (!isClaim(commit) || home === ENVIRONMENT) return []
      return [{ task, at: commit.at, message: `it was claimed in ${ENVIRONMENT}, and belongs to ${home}` }]
    }),
  )

/** Where it was made, or was made ready last. */
const homeAfter = (commits: readonly Commit[]): string | undefined =>
  commits.findLast(({ before, after }) => !before || (before.state === 'pending' && after.state === 'scheduled'))?.after
    .environmentId
