import { iso } from '../../../core/instant.ts'
import { isClaim, taskKey } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker } from './checker.ts'

/** Never early: no attempt starts before its time, nor before the time that the task was promised, nor after its deadline. */
export const neverEarly: Checker = ({ commits }) =>
  commits.flatMap((commit) => {
    const { at, before, after } = commit
    if (!isClaim(commit) || !before) return []
    const say = (message: string) => [{ task: taskKey(after), at, message }]
    const due = Math.max(after.notBefore, before.state === 'scheduled' ? (before.dueAt ?? 0) : 0)
    if (at < due - SKEW_MS) return say(`attempt ${after.attempt} was claimed ${due - at} ms before ${iso(due)}`)
    const { startedAt = at } = after
    if (before.state === 'scheduled' && before.expiresAt !== undefined && startedAt >= before.expiresAt)
      return say(`attempt ${after.attempt} was claimed after its deadline ${iso(before.expiresAt)}`)
    return []
  })
