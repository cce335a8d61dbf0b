import { changesOf, taskKey } from '../history.ts'
import type { Checker } from './checker.ts'

/**
 * A creation makes at most one task, however often it is requested. The task in its answer exists: this request made it, or
 * another request with the same uniqueness.
 */
export const createsOnce: Checker = (history) => {
  const { creations, endedAt } = history
  const created = changesOf(history, 'task').filter(({ before, after }) => !before && after.failureOf === undefined)
  return creations.flatMap(({ mark, tenant, answeredIds, uniqueness }) => {
    const made = created.filter(({ after }) => after.tags?.includes(mark))
    const report = (message: string) => [{ task: `${tenant}/${answeredIds[0] ?? mark}`, at: made.at(-1)?.at ?? endedAt, message }]
    if (made.length > 1) return report(`one creation made ${made.length} tasks: ${made.map(({ after }) => after.id)}`)
    const ids = [...new Set(answeredIds)]
    if (ids.length > 1) return report(`one creation was answered with several tasks: ${ids}`)
    const candidates = uniqueness ? created : made
    const missing = ids.filter((id) => !candidates.some(({ after }) => taskKey(after) === taskKey({ tenant, id })))
    return missing.length > 0 ? report(`the answer named task ${missing}, which was never written`) : []
  })
}
