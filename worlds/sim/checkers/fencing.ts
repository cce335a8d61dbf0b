import { iso } from '../../../core/instant.ts'
import { changesOf, isClaim, taskKey } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/** While a lease is live, only its owner ends the attempt. A worker that lost its claim writes nothing. */
export const fencesLostWorkers: Checker = (history) =>
  changesOf(history, 'task').flatMap((commit) => {
    const { at, before, after } = commit
    if (before?.state !== 'running' || !before.lease || isClaim(commit)) return []
    const report = (message: string) => [{ task: taskKey(after), at, message }]
    const { owner, until } = before.lease
    const by = after.history.at(-1)?.by
    if (after.state === 'running') {
      return after.lease?.owner === owner ? [] : report(`the lease passed from ${owner} to ${after.lease?.owner} without a claim`)
    }
    if (by === `worker:${owner}` || at + SKEW_MS >= until) return []
    return report(`${by} made the task ${after.state} while worker ${owner} held it until ${iso(until)}`)
  })
