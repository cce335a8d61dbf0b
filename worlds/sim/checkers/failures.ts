import { changesOf, taskKey, tasksOf } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/** Each failure for good has its failure task, exactly one; and there is none without a failure. */
export const handlesFailuresOnce: Checker = (history) => {
  const violations: Violation[] = []
  const handlers = Map.groupBy(
    changesOf(history, 'task').filter(({ before, after }) => !before && after.failureOf !== undefined),
    ({ after }) => taskKey({ tenant: after.tenant, id: after.failureOf ?? '' }),
  )
  const tasks = tasksOf(history)
  for (const [task, commits] of tasks) {
    const failures = commits.filter(({ before, after }) => before && before.state !== 'failed' && after.state === 'failed')
    const wanted = failures.filter(({ after }) => after.onFailure)
    const made = handlers.get(task) ?? []
    const at = failures.at(-1)?.at ?? history.endedAt
    if (made.length !== wanted.length)
      violations.push({ task, at, message: `it failed ${wanted.length} times for good and has ${made.length} failure tasks` })
    made.forEach((handler, index) => {
      const failure = wanted[index]
      if (!failure || handler.at < failure.at)
        violations.push({ task, at: handler.at, message: `its failure task ${handler.after.id} came before the failure` })
      if (handler.after.type !== failure?.after.onFailure?.type)
        violations.push({ task, at: handler.at, message: `its failure task is of type ${handler.after.type}` })
    })
  }
  for (const [task, [handler]] of handlers) {
    if (!tasks.has(task) && handler)
      violations.push({ task, at: handler.at, message: 'it has a failure task and does not exist' })
  }
  return violations
}
