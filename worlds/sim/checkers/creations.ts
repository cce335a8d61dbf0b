import { changesOf, taskKey } from '../history.ts'
import type { Checker } from './checker.ts'

/**
 * However often a creation is asked for, it makes at most one task; and what a caller was told exists does exist: made by
 * this request, or by another one that wants to be the only one of the same.
 */
export const createsOnce: Checker = (history) => {
  const { creations, endedAt } = history
  const births = changesOf(history, 'task').filter(({ before, after }) => !before && after.failureOf === undefined)
  return creations.flatMap(({ mark, tenant, answeredIds, uniqueness }) => {
    const made = births.filter(({ after }) => after.tags?.includes(mark))
    const say = (message: string) => [{ task: `${tenant}/${answeredIds[0] ?? mark}`, at: made.at(-1)?.at ?? endedAt, message }]
    if (made.length > 1) return say(`one request made ${made.length} tasks: ${made.map(({ after }) => after.id)}`)
    const ids = [...new Set(answeredIds)]
    if (ids.length > 1) return say(`one request was answered with different tasks: ${ids}`)
    const rivals = uniqueness ? births : made
    const missing = ids.filter((id) => !rivals.some(({ after }) => taskKey(after) === taskKey({ tenant, id })))
    return missing.length > 0 ? say(`the caller was told of task ${missing}, which was never written`) : []
  })
}
