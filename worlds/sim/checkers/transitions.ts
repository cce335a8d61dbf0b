import { QUARANTINE_TYPE, type TaskRow, type TaskState, transitions } from '../../../core/task/row.ts'
import { type Commit, tasksOf } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/** Every change of a task is in `transitions`; versions grow by one, no epoch falls, and a cancelled task is not scheduled again. */
export const keepsTransitions: Checker = (history) => {
  const violations: Violation[] = []
  for (const [task, commits] of tasksOf(history)) {
    let previous: TaskRow | undefined
    for (const commit of commits) {
      const wrong = previous ? step(previous, commit) : start(commit)
      if (wrong) violations.push({ task, at: commit.at, message: wrong })
      previous = commit.after
    }
  }
  return violations
}

const start = ({ before, after }: Commit): string | undefined => {
  if (before) return `the first commit replaces version ${before.version}, which was never written`
  if (after.version !== 1 || after.epoch !== 1)
    return `the task starts at version ${after.version}, epoch ${after.epoch}; both must be 1`
  const state =
    after.type === QUARANTINE_TYPE ? after.state === 'failed' : after.state === 'scheduled' || after.state === 'pending'
  return state ? undefined : `the task starts as ${after.state}`
}

const step = (previous: TaskRow, { before, after }: Commit): string | undefined => {
  if (before?.version !== previous.version)
    return `version ${previous.version} was overwritten by a writer that had read version ${before?.version}`
  if (after.version !== previous.version + 1) return `version ${previous.version} is followed by ${after.version}`
  if (after.epoch < previous.epoch) return `epoch ${previous.epoch} fell to ${after.epoch}`
  if (after.epoch !== previous.epoch && after.epoch !== after.version)
    return `epoch ${after.epoch} is neither the previous epoch nor version ${after.version}`
  if (!leadsTo(previous.state, after.state)) return `transitions has no change from ${previous.state} to ${after.state}`
  // A running task keeps its epoch, which names the claim of the worker.
  if (after.state === 'running' && after.epoch !== previous.epoch)
    return `epoch ${previous.epoch} became ${after.epoch} while the task was running`
  if (ARMED.includes(after.state) && after.epoch !== after.version && !keepsWakeup(previous, after))
    return `the task became ${after.state} without a new wake-up`
  if (previous.cancelRequested && ARMED.includes(after.state)) return `a cancel was requested, and the task became ${after.state}`
  return undefined
}

const ARMED: readonly TaskState[] = ['pending', 'scheduled', 'waiting']

/** An amendment that does not change the time keeps the wake-up, and so does the watch. */
const keepsWakeup = (previous: TaskRow, after: TaskRow): boolean =>
  ['amend', 'watch'].includes(after.history.at(-1)?.command ?? '') &&
  previous.state === after.state &&
  previous.dueAt === after.dueAt

const leadsTo = (from: TaskState, to: TaskState): boolean =>
  Object.values<readonly TaskState[]>(transitions[from]).some((targets) => targets.includes(to))
