import { type Instant, iso } from '../../../core/instant.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { type Commit, changesOf, isClaim, taskKey } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/**
 * Never early: no attempt starts before its time, nor before the time that the task was promised, nor after its deadline
 * or its maximum age;
 * and no task expires before its deadline, or gives up waiting before the wait is over.
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
  return startedAt > last ? `attempt ${after.attempt} was claimed after ${iso(last)}, when its task was too old` : undefined
}

const endsEarly = ({ at, before, after }: Commit): string | undefined => {
  const gaveUp = before?.state === 'waiting' && after.state === 'failed'
  const time = after.state === 'expired' ? before?.expiresAt : gaveUp ? before.dueAt : at
  if (time !== undefined && at >= time - SKEW_MS) return undefined
  return `it became ${after.state} before ${time === undefined ? 'any deadline' : iso(time)}`
}

/** When the last attempt may start by the maximum age of a task's policy. */
export const lastStartOf = ({ notBefore, redrivenAt = notBefore, retry }: TaskRow): Instant =>
  Math.max(notBefore, redrivenAt) + (retry.maxAgeMs ?? Number.POSITIVE_INFINITY)
