import { isDeepStrictEqual } from 'node:util'
import type { TaskRow } from '../../../core/task/row.ts'
import { type CreationRequest, type History, payloadOf, taskKey, tasksOf } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/** A handler gets the input that the caller gave, and a task that succeeded keeps what the attempt that ended it returned. */
export const keepsPayloads: Checker = (history) => {
  const violations: Violation[] = []
  const given = Map.groupBy(
    history.creations.filter(({ answeredIds }) => answeredIds.length > 0),
    ({ tenant, answeredIds: [id = ''] }) => taskKey({ tenant, id }),
  )
  for (const run of history.runs) {
    const asked = given.get(taskKey(run))?.flatMap((each) => rivalsOf(history, each))
    if (asked && !asked.some(({ input }) => isDeepStrictEqual(run.input, input)))
      violations.push({
        task: taskKey(run),
        at: run.at,
        message: `attempt ${run.attempt} was given another input than the caller's`,
      })
  }
  for (const [task, commits] of tasksOf(history)) {
    const last = commits.at(-1)
    if (last?.after.state === 'succeeded') violations.push(...ofOutput(history, task, last.after, last.at))
  }
  return violations
}

/** Those that are to be the only one of the same may have given one task its input. */
const rivalsOf = ({ creations }: History, one: CreationRequest): readonly CreationRequest[] =>
  one.uniqueness
    ? creations.filter(({ tenant, uniqueness }) => tenant === one.tenant && uniqueness?.subject === one.uniqueness?.subject)
    : [one]

/** Handlers here return the attempt that they ran as, so that one attempt's output cannot pass for another's. */
const ofOutput = (history: History, task: string, row: TaskRow, at: number): readonly Violation[] => {
  const output = row.output && (payloadOf(history, row, row.output) as { readonly attempt?: number } | undefined)
  if (output?.attempt === row.attempt) return []
  return [{ task, at, message: `attempt ${row.attempt} ended it, and its output is of attempt ${output?.attempt}` }]
}
