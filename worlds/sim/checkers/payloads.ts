import { isDeepStrictEqual } from 'node:util'
import type { TaskRow } from '../../../core/task/row.ts'
import { type CreationRequest, type History, payloadOf, taskKey, tasksOf } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/** A handler gets the input of the creation, and a succeeded task keeps the output of the attempt that ended it. */
export const keepsPayloads: Checker = (history) => {
  const violations: Violation[] = []
  const byTask = Map.groupBy(
    history.creations.filter(({ answeredIds }) => answeredIds.length > 0),
    ({ tenant, answeredIds: [id = ''] }) => taskKey({ tenant, id }),
  )
  for (const run of history.runs) {
    const requests = byTask.get(taskKey(run))?.flatMap((each) => sameUniqueness(history, each))
    if (requests && !requests.some(({ input }) => isDeepStrictEqual(run.input, input)))
      violations.push({
        task: taskKey(run),
        at: run.at,
        message: `attempt ${run.attempt} got another input than the creation's`,
      })
  }
  for (const [task, commits] of tasksOf(history)) {
    const last = commits.at(-1)
    if (last?.after.state === 'succeeded') violations.push(...ofOutput(history, task, last.after, last.at))
  }
  return violations
}

/** Creations with the same uniqueness: any of them may have set the input of the task. */
const sameUniqueness = ({ creations }: History, one: CreationRequest): readonly CreationRequest[] =>
  one.uniqueness
    ? creations.filter(({ tenant, uniqueness }) => tenant === one.tenant && uniqueness?.subject === one.uniqueness?.subject)
    : [one]

/** Handlers here return their attempt number, so the output of another attempt is noticed. */
const ofOutput = (history: History, task: string, row: TaskRow, at: number): readonly Violation[] => {
  const output = row.output && (payloadOf(history, row, row.output) as { readonly attempt?: number } | undefined)
  if (output?.attempt === row.attempt) return []
  return [{ task, at, message: `attempt ${row.attempt} ended the task, and the output is of attempt ${output?.attempt}` }]
}
