import { iso } from '../../../core/instant.ts'
import { type Commit, isClaim, type Run, taskKey, tasksOf } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/** A claim is run once, by the process that made it. Two runs of a task do not overlap while both leases are valid. */
export const runsAlone: Checker = (history) => {
  const commits = tasksOf(history)
  return [...Map.groupBy(history.runs, taskKey)].flatMap(([task, runs]) => {
    const claimed = runs.map((run) => ({ run, ...claimOf(run, commits.get(task) ?? []) }))
    return claimed.flatMap((each, index) =>
      [unclaimed(each), ...claimed.slice(0, index).map((earlier) => overlap(earlier, each))].flatMap((message) =>
        message ? [{ task, at: each.run.at, message }] : [],
      ),
    )
  })
}

const unclaimed = ({ run, claim }: ClaimedRun): string | undefined =>
  claim ? undefined : `${run.process} ran attempt ${run.attempt} without a claim`

const overlap = (earlier: ClaimedRun, later: ClaimedRun): string | undefined => {
  const { run, claim } = later
  if (!claim || !earlier.claim) return undefined
  if (earlier.claim === claim) return `attempt ${run.attempt} was run twice, first at ${iso(earlier.run.at)}`
  const { endedAt = Number.POSITIVE_INFINITY, attempt } = earlier.run
  // A worker that was frozen between its claim and its handler starts the handler after its lease; its result is fenced.
  const isValid = (of: ClaimedRun) => run.at < (of.until ?? 0) - 2 * SKEW_MS
  if (endedAt <= run.at || !isValid(earlier) || !isValid(later)) return undefined
  return `attempt ${run.attempt} overlapped attempt ${attempt}, whose lease was valid until ${iso(earlier.until ?? 0)}`
}

type ClaimedRun = { readonly run: Run; readonly claim?: Commit; readonly until?: number }

/** The claim of a run, and until when its lease was valid. */
const claimOf = (run: Run, commits: readonly Commit[]): Omit<ClaimedRun, 'run'> => {
  const claim = commits.findLast(
    (commit) => isClaim(commit) && commit.after.attempt === run.attempt && commit.process === run.process && commit.at <= run.at,
  )
  if (!claim?.after.lease) return {}
  const { owner } = claim.after.lease
  let { until } = claim.after.lease
  for (const { at, before, after } of commits.slice(commits.indexOf(claim) + 1)) {
    if (before?.lease?.owner !== owner) break
    if (after.lease?.owner === owner) until = after.lease.until
    else if (after.history.at(-1)?.by === `worker:${owner}`) until = at
  }
  return { claim, until }
}
