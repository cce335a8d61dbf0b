import { isDeepStrictEqual } from 'node:util'
import type { TaskRow } from '../../../core/task/row.ts'
import { changesOf, type History, payloadOf, taskKey, tasksOf } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/** Each final failure has exactly one failure task, which gets the failure and the given input. No other task has one. */
export const handlesFailuresOnce: Checker = (history) => {
  const violations: Violation[] = []
  const handlers = Map.groupBy(
    changesOf(history, 'task').filter(({ before, after }) => !before && after.failureOf !== undefined),
    ({ after }) => taskKey({ tenant: after.tenant, id: after.failureOf ?? '' }),
  )
  const tasks = tasksOf(history)
  for (const [task, commits] of tasks) {
    const failures = commits.filter(({ before, after }) => before && before.state !== 'failed' && after.state === 'failed')
    const expected = failures.filter(({ after }) => after.onFailure)
    const made = handlers.get(task) ?? []
    const at = failures.at(-1)?.at ?? history.endedAt
    if (made.length !== expected.length)
      violations.push({ task, at, message: `the task failed ${expected.length} times and has ${made.length} failure tasks` })
    made.forEach((handler, index) => {
      const failure = expected[index]
      if (!failure || handler.at < failure.at)
        violations.push({ task, at: handler.at, message: `failure task ${handler.after.id} was created before the failure` })
      if (handler.after.type !== failure?.after.onFailure?.type)
        violations.push({
          task,
          at: handler.at,
          message: `the failure task has type ${handler.after.type}, not ${failure?.after.onFailure?.type}`,
        })
      if (failure && !isInformed(history, failure.after, handler.after))
        violations.push({
          task,
          at: handler.at,
          message: `failure task ${handler.after.id} lacks the failure or its given input`,
        })
    })
  }
  for (const [task, [handler]] of handlers) {
    if (!tasks.has(task) && handler)
      violations.push({ task, at: handler.at, message: 'a failure task names this task, which does not exist' })
  }
  return violations
}

/** Does the input of the failure task hold the failure of this task, and the input that the task has given for it? */
const isInformed = (history: History, failed: TaskRow, handler: TaskRow): boolean => {
  const { input: given, failureField } = failed.onFailure ?? {}
  const input = payloadOf(history, handler, handler.input) as Readonly<Record<string, unknown>> | undefined
  const { [failureField ?? '']: inField, ...rest } = input ?? {}
  const failure = (given ? inField : input) as
    | { readonly taskId?: string; readonly error?: { readonly code?: string } }
    | undefined
  const isComplete = given === undefined || isDeepStrictEqual(rest, payloadOf(history, failed, given))
  return isComplete && failure?.taskId === failed.id && failure.error?.code === failed.error?.code
}
