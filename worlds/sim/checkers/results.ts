import { iso } from '../../../core/instant.ts'
import { type Commit, isInterruption, type Run, taskKey, tasksOf, wakeupKey } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker, Violation } from './checker.ts'

/**
 * A handler that has returned is not run again while the function of its worker lasts: the worker tries to store the result
 * until then. And where nothing happens but throttling, no worker of a task with one message is lost.
 */
export const keepsResults: Checker = (history) => {
  const runs = Map.groupBy(history.runs, taskKey)
  return [...tasksOf(history)].flatMap(([task, commits]) =>
    commits.flatMap((commit): readonly Violation[] => {
      const report = (message: string) => [{ task, at: commit.at, message }]
      // A second message of the task can overtake the one that tells about the result.
      const isAlone =
        history.only === 'partition throttled' && (history.wakeups.get(wakeupKey(commit.before ?? commit.after)) ?? 0) <= 1
      if (isAlone && isLoss(commit)) return report('a worker was lost by throttling alone')
      // Attempts are counted from 1 again after a redrive, so the run must also be later than the claim.
      const { attempt, startedAt = 0 } = commit.before ?? {}
      const run = (runs.get(task) ?? []).findLast(
        (each) => each.attempt === attempt && each.at <= commit.at && each.at >= startedAt - SKEW_MS,
      )
      return run && isThrownAway(run, commit, history.stops)
        ? report(`the result of attempt ${run.attempt} was given up; its worker had time until ${iso(run.deadlineAt ?? 0)}`)
        : []
    }),
  )
}

/**
 * A person may hold a task whose lease has ended; the command cannot tell whether its worker is lost. A dead letter of the workload
 * is a second message of its task.
 */
const isLoss = ({ before, after }: Commit): boolean => {
  const last = after.history.at(-1)
  if (before?.state !== 'running' || last?.command === 'hold' || last?.by === 'system:dead-letters') return false
  return after.losses > before.losses || after.error?.code === 'WorkerLost'
}

const isThrownAway = (
  { endedAt, outcome, deadlineAt = 0, process }: Run,
  commit: Commit,
  stops: ReadonlyMap<string, number>,
): boolean =>
  isInterruption(commit) &&
  // A stopped process has less time. Its interruptions have a law of their own.
  !stops.has(process) &&
  outcome !== undefined &&
  (endedAt ?? commit.at) < commit.at &&
  commit.at < deadlineAt - SKEW_MS
