import { type BulkOperation, type BulkResult, viaOperation } from '../../../core/operation/row.ts'
import { matchesFilter } from '../../../core/task/places.ts'
import { type Change, type Commit, changesOf, entriesOf, type History, taskKey } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/**
 * An operation ends. Its list and its counts agree with the histories of the tasks: it changed each task once, no task
 * that was created after its start, and only tasks that its filter selects.
 */
export const commandsOnce: Checker = (history) => {
  const last = new Map(changesOf(history, 'operation').map((change) => [taskKey(change.after), change]))
  return [...last.values()].flatMap((change) => {
    const commits = commitsBy(history, change.after)
    return [...ofEach(commits, change.after), ...ofAll(history, commits, change)]
  })
}

/** Commits of an operation: the history of each task names the operation. */
const commitsBy = (history: History, { id, tenant }: BulkOperation): readonly Commit[] =>
  changesOf(history, 'task').filter(({ after }) => after.tenant === tenant && after.history.at(-1)?.by.endsWith(viaOperation(id)))

const ofEach = (commits: readonly Commit[], operation: BulkOperation): readonly Violation[] => {
  const seen = new Set<string>()
  return commits.flatMap((commit) => {
    const { at, before, after } = commit
    const task = taskKey(after)
    const report = (message: string) => [{ task, at, message: `operation ${operation.id} ${message}` }]
    const isSecond = seen.has(task)
    seen.add(task)
    if (isSecond) return report('changed the task a second time')
    if (operation.dryRun) return report('is a dry run and changed the task')
    if (after.createdAt > operation.startedAt) return report('started before the task was created')
    return before && !matchesFilter(before, operation.filter)
      ? report(`changed the task, which its filter does not select, from ${before.state}`)
      : []
  })
}

const ofAll = (history: History, commits: readonly Commit[], { at, after }: Change<'operation'>): readonly Violation[] => {
  const { id, state, matchedCount, changedCount, refusedCount, dryRun } = after
  const report = (message: string) => [{ task: taskKey(after), at, message: `operation ${id} ${message}` }]
  if (state === 'running') return report(`is still running after ${changedCount} tasks`)
  const listed = listOf(history, after)
  const idsOf = (results: readonly BulkResult[]) =>
    results
      .map(({ task }) => task)
      .sort()
      .join(' ')
  const changed = idsOf(listed.filter(({ result }) => result === 'changed'))
  const committed = commits
    .map(({ after }) => after.id)
    .sort()
    .join(' ')
  if (changed !== committed) return report(`lists ${changed || 'no task'} as changed; it changed ${committed || 'no task'}`)
  if (commits.length !== changedCount) return report(`counted ${changedCount} changed tasks; it changed ${commits.length}`)
  if (listed.length !== changedCount + refusedCount)
    return report(`lists ${listed.length} tasks; it counted ${changedCount + refusedCount}`)
  return dryRun || matchedCount === listed.length ? [] : report(`matched ${matchedCount} tasks and lists ${listed.length}`)
}

/** The results in the list beside an operation. A repeated write of an entry replaces it. */
const listOf = (history: History, { tenant, id }: BulkOperation): readonly BulkResult[] => {
  const entries = entriesOf(history, 'results').filter((entry) => entry.tenant === tenant && entry.id === id)
  return [...new Map(entries.map(({ place, value }) => [place, value as unknown as BulkResult])).values()]
}
