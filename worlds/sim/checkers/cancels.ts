import { LIMITS } from '../../../core/limits.ts'
import { type Commit, type Run, taskKey, tasksOf } from '../history.ts'
import { type Behaviour, STOPPABLE } from '../workload/behaviours.ts'
import type { Checker } from './checker.ts'

/** A look's interval, and a few calls. */
const HEARD_MS = LIMITS.cancelLookMs + 2_000

/** In a healthy system a handler that obeys its signal hears within seconds that its task is to be cancelled, without asking. */
export const hearsCancels: Checker = (history) => {
  const runs = Map.groupBy(history.runs, taskKey)
  return [...tasksOf(history)].flatMap(([task, commits]) =>
    commits.flatMap((commit, index) => {
      const { at, before, after } = commit
      if (!after.cancelRequested || before?.cancelRequested) return []
      const run = (runs.get(task) ?? []).find((each) => isAsked(each, commit) && each.at > history.healedAt)
      const movedAt = commits[index + 1]?.at ?? history.endedAt
      if (!run || !isObedient(run) || movedAt <= at + HEARD_MS) return []
      return [{ task, at, message: `attempt ${run.attempt} was to be cancelled, and went on for ${movedAt - at} ms` }]
    }),
  )
}

const isAsked = ({ attempt, at, endedAt = Number.POSITIVE_INFINITY }: Run, { after, at: askedAt }: Commit): boolean =>
  attempt === after.attempt && at <= askedAt && endedAt > askedAt

const isObedient = ({ input, attempt }: Run): boolean => {
  const { script } = input as { readonly script?: readonly Behaviour[] }
  const deed = script?.[attempt - 1]
  return deed !== undefined && STOPPABLE.has(deed.do)
}
