import { QUARANTINE_TYPE, type TaskRow, type TaskState, transitions } from '../../../core/task/row.ts'
import { type Commit, tasksOf } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/** Every task walks along `transitions`; each commit follows the one before it, a version higher; no epoch falls; a cancel is obeyed. */
export const walksTransitions: Checker = (history) => {
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
  if (before) return `its first commit replaces version ${before.version}, which nobody wrote`
  if (after.version !== 1 || after.epoch !== 1)
    return `it begins at version ${after.version}, epoch ${after.epoch}; both must be 1`
  const state =
    after.type === QUARANTINE_TYPE ? after.state === 'failed' : after.state === 'scheduled' || after.state === 'pending'
  return state ? undefined : `it begins as ${after.state}`
}

const step = (previous: TaskRow, { before, after }: Commit): string | undefined => {
  if (before?.version !== previous.version)
    return `version ${previous.version} was overwritten by one who knew ${before?.version}`
  if (after.version !== previous.version + 1) return `version ${previous.version} is followed by ${after.version}`
  if (after.epoch < previous.epoch) return `epoch ${previous.epoch} fell to ${after.epoch}`
  if (after.epoch !== previous.epoch && after.epoch !== after.version)
    return `epoch ${after.epoch} is neither the one before nor the version ${after.version} that armed it`
  if (!leadsTo(previous.state, after.state)) return `nothing leads from ${previous.state} to ${after.state}`
  // A running task keeps the wake-up that it was claimed with: its worker's claim is named by it.
  if (after.state === 'running' && after.epoch !== previous.epoch)
    return `epoch ${previous.epoch} became ${after.epoch} as it ran`
  if (ARMED.includes(after.state) && after.epoch !== after.version && !keepsItsWakeUp(previous, after))
    return `it became ${after.state} without a wake-up of its own`
  if (previous.cancelRequested && ARMED.includes(after.state)) return `it was to be cancelled, and became ${after.state}`
  return undefined
}

const ARMED: readonly TaskState[] = ['pending', 'scheduled', 'waiting']

/** An amendment that does not touch the time leaves a task where it is. */
const keepsItsWakeUp = (previous: TaskRow, after: TaskRow): boolean =>
  after.history.at(-1)?.command === 'amend' && previous.state === after.state && previous.dueAt === after.dueAt

const leadsTo = (from: TaskState, to: TaskState): boolean =>
  Object.values<readonly TaskState[]>(transitions[from]).some((targets) => targets.includes(to))
