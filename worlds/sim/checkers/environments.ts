import { type Commit, isClaim, tasksOf } from '../history.ts'
import { ENVIRONMENT } from '../workload/types.ts'
import type { Checker } from './checker.ts'

/** A task of another environment runs here only after a `ready` command here. */
export const runsInItsEnvironment: Checker = (history) =>
  [...tasksOf(history)].flatMap(([task, commits]) =>
    commits.flatMap((commit, index) => {
      const environmentId = environmentAfter(commits.slice(0, index))
      if (!isClaim(commit) || environmentId === ENVIRONMENT) return []
      return [{ task, at: commit.at, message: `the task was claimed in ${ENVIRONMENT} and belongs to ${environmentId}` }]
    }),
  )

/** The environment that created the task, or last made it ready. */
const environmentAfter = (commits: readonly Commit[]): string | undefined =>
  commits.findLast(({ before, after }) => !before || (before.state === 'pending' && after.state === 'scheduled'))?.after
    .environmentId
