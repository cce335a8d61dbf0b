import { isDeepStrictEqual } from 'node:util'
import { type History, payloadOf, taskKey, tasksOf } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/** A handler gets the input that the caller gave, and a task that succeeded keeps what the attempt that ended it returned. */
export const keepsPayloads: Checker = (history) => {
  const violations: Violation[] = []
  const given = new Map(
    history.asked.flatMap(({ tenant, input, answered: [id] }) => (id ? [[taskKey({ tenant, id }), input]] : [])),
  )
  for (const run of history.runs) {
    const input = given.get(taskKey(run))
    if (input !== undefined && !isDeepStrictEqual(run.input, input))
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

type Row = History['commits'][number]['after']

/** Handlers here return the attempt that they ran as, so that one attempt's output cannot pass for another's. */
const ofOutput = (history: History, task: string, row: Row, at: number): readonly Violation[] => {
  const output = row.output && (payloadOf(history, row, row.output) as { readonly attempt?: number } | undefined)
  if (output?.attempt === row.attempt) return []
  return [{ task, at, message: `attempt ${row.attempt} ended it, and its output is of attempt ${output?.attempt}` }]
}
