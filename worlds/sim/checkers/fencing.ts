import { iso } from '../../../core/instant.ts'
import { changesOf, isClaim, taskKey } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/** Only who holds a running task ends its attempt, unless the lease is over. A worker that lost its claim leaves no trace. */
export const fencesTheLost: Checker = (history) =>
  changesOf(history, 'task').flatMap((commit) => {
    const { at, before, after } = commit
    if (before?.state !== 'running' || !before.lease || isClaim(commit)) return []
    const say = (message: string) => [{ task: taskKey(after), at, message }]
    const { owner, until } = before.lease
    const by = after.history.at(-1)?.by
    if (after.state === 'running') {
      return after.lease?.owner === owner ? [] : say(`its lease passed from ${owner} to ${after.lease?.owner} without a claim`)
    }
    if (by === `worker:${owner}` || at + SKEW_MS >= until) return []
    return say(`${by} made it ${after.state} while worker ${owner} held it until ${iso(until)}`)
  })
