import { iso } from '../../../core/instant.ts'
import { changesOf, isClaim, taskKey } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/** Never two live leases: a task passes from one worker to another only when the first one's lease is over. */
export const neverTwoLeases: Checker = (history) =>
  changesOf(history, 'task').flatMap((commit) => {
    const { at, before, after } = commit
    if (!before?.lease || !isClaim(commit) || at + SKEW_MS >= before.lease.until) return []
    const message = `worker ${after.lease?.owner} claimed it while ${before.lease.owner} held it until ${iso(before.lease.until)}`
    return [{ task: taskKey(after), at, message }]
  })
