import { LIMITS } from '../../../core/limits.ts'
import { type Commit, type Run, taskKey, tasksOf } from '../history.ts'
import { type Behaviour, STOPPABLE } from '../workload/behaviours.ts'
import type { Checker } from './checker.ts'

/** The interval in which a worker reads `cancelRequested`, and a few calls. */
const STOPPED_MS = LIMITS.cancelCheckMs + 2_000

/** Without faults, a handler that stops on its signal stops within seconds after a cancel was requested. */
export const stopsOnCancel: Checker = (history) => {
  const runs = Map.groupBy(history.runs, taskKey)
  return [...tasksOf(history)].flatMap(([task, commits]) =>
    commits.flatMap((commit, index) => {
      const { at, before, after } = commit
      if (!after.cancelRequested || before?.cancelRequested) return []
      const run = (runs.get(task) ?? []).find((each) => isRunningAt(each, commit) && each.at > history.healedAt)
      const movedAt = commits[index + 1]?.at ?? history.endedAt
      if (!run || !isStoppable(run) || movedAt <= at + STOPPED_MS) return []
      return [{ task, at, message: `attempt ${run.attempt} ran for ${movedAt - at} ms after the cancel was requested` }]
    }),
  )
}

const isRunningAt = ({ attempt, at, endedAt = Number.POSITIVE_INFINITY }: Run, { after, at: requestedAt }: Commit): boolean =>
  attempt === after.attempt && at <= requestedAt && endedAt > requestedAt

const isStoppable = ({ input, attempt }: Run): boolean => {
  const { script } = input as { readonly script?: readonly Behaviour[] }
  const behaviour = script?.[attempt - 1]
  return behaviour !== undefined && STOPPABLE.has(behaviour.do)
}
