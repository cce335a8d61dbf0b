import { iso } from '../../../core/instant.ts'
import { changesOf, isClaim, taskKey } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/** A task has at most one live lease: another worker claims it only after the lease is over. */
export const neverTwoLeases: Checker = (history) =>
  changesOf(history, 'task').flatMap((commit) => {
    const { at, before, after } = commit
    if (!before?.lease || !isClaim(commit) || at + SKEW_MS >= before.lease.until) return []
    const message = `worker ${after.lease?.owner} claimed the task while ${before.lease.owner} held the lease until ${iso(before.lease.until)}`
    return [{ task: taskKey(after), at, message }]
  })
