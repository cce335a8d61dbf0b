import { iso } from '../../../core/instant.ts'
import { type Commit, isClaim, type Run, taskKey, tasksOf } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/** A claim is run once, by who made it; and no two runs of a task overlap while both workers rightly think it theirs. */
export const runsAlone: Checker = (history) => {
  const commits = tasksOf(history)
  return [...Map.groupBy(history.runs, taskKey)].flatMap(([task, runs]) => {
    const held = runs.map((run) => ({ run, ...holdOf(run, commits.get(task) ?? []) }))
    return held.flatMap((each, index) =>
      [unclaimed(each), ...held.slice(0, index).map((earlier) => clash(earlier, each))].flatMap((message) =>
        message ? [{ task, at: each.run.at, message }] : [],
      ),
    )
  })
}

const unclaimed = ({ run, claim }: Held): string | undefined =>
  claim ? undefined : `${run.process} ran attempt ${run.attempt} without a claim`

const clash = (earlier: Held, later: Held): string | undefined => {
  const { run, claim } = later
  if (!claim || !earlier.claim) return undefined
  if (earlier.claim === claim) return `attempt ${run.attempt} was run twice, first at ${iso(earlier.run.at)}`
  const { endedAt = Number.POSITIVE_INFINITY, attempt } = earlier.run
  // A worker that was frozen between its claim and its handler starts what is no longer its own; it will be fenced.
  const isValid = (held: Held) => run.at < (held.until ?? 0) - 2 * SKEW_MS
  if (endedAt <= run.at || !isValid(earlier) || !isValid(later)) return undefined
  return `attempt ${run.attempt} ran beside attempt ${attempt}, which held the task until ${iso(earlier.until ?? 0)}`
}

type Held = { readonly run: Run; readonly claim?: Commit; readonly until?: number }

/** The claim that a run was made under, and until when its worker could think it valid. */
const holdOf = (run: Run, commits: readonly Commit[]): Omit<Held, 'run'> => {
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
