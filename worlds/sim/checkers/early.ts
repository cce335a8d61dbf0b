import { type Instant, iso } from '../../../core/instant.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { type Commit, changesOf, isClaim, taskKey } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/**
 * No attempt starts before `notBefore` or `dueAt`, after the deadline, or after the maximum age. No task expires before its
 * deadline, and none gives up waiting before the wait is over.
 */
export const neverEarly: Checker = (history) =>
  changesOf(history, 'task').flatMap((commit) => {
    const message = isClaim(commit) ? startsWrongly(commit) : endsEarly(commit)
    return message ? [{ task: taskKey(commit.after), at: commit.at, message }] : []
  })

const startsWrongly = ({ at, before, after }: Commit): string | undefined => {
  const wasScheduled = before?.state === 'scheduled'
  const due = Math.max(after.notBefore, wasScheduled ? (before.dueAt ?? 0) : 0)
  if (at < due - SKEW_MS) return `attempt ${after.attempt} was claimed ${due - at} ms before ${iso(due)}`
  const { startedAt = at } = after
  const tooLate = wasScheduled && before.expiresAt !== undefined && startedAt >= before.expiresAt
  if (tooLate) return `attempt ${after.attempt} was claimed after its deadline ${iso(before.expiresAt ?? 0)}`
  const last = lastStartOf(before ?? after)
  return startedAt > last ? `attempt ${after.attempt} was claimed after ${iso(last)}, the end of its maximum age` : undefined
}

const endsEarly = ({ at, before, after }: Commit): string | undefined => {
  const hasGivenUp = before?.state === 'waiting' && after.state === 'failed'
  const time = after.state === 'expired' ? before?.expiresAt : hasGivenUp ? before.dueAt : at
  if (time !== undefined && at >= time - SKEW_MS) return undefined
  return time === undefined
    ? `the task became ${after.state} without a deadline`
    : `the task became ${after.state} before ${iso(time)}`
}

/** The latest start of an attempt, by the maximum age of the policy. */
export const lastStartOf = ({ notBefore, redrivenAt = notBefore, retry }: TaskRow): Instant =>
  Math.max(notBefore, redrivenAt) + (retry.maxAgeMs ?? Number.POSITIVE_INFINITY)
