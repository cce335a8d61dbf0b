import { type BulkOperation, type BulkResult, viaOperation } from '../../../core/operation/row.ts'
import { fits } from '../../../core/task/filter.ts'
import { type Change, type Commit, changesOf, entriesOf, type History, taskKey } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/**
 * An operation comes to its end, and what it lists and counts as touched is what the tasks' own histories say: each of
 * them once, none that was made after it began, and all of them such as it was to touch.
 */
export const tellsOnce: Checker = (history) => {
  const last = new Map(changesOf(history, 'operation').map((change) => [taskKey(change.after), change]))
  return [...last.values()].flatMap((change) => {
    const touches = touchesBy(history, change.after)
    return [...ofEach(touches, change.after), ...ofAll(history, touches, change)]
  })
}

/** Commits that an operation has made, by the name that it leaves in the history of each. */
const touchesBy = (history: History, { id, tenant }: BulkOperation): readonly Commit[] =>
  changesOf(history, 'task').filter(({ after }) => after.tenant === tenant && after.history.at(-1)?.by.endsWith(viaOperation(id)))

const ofEach = (touches: readonly Commit[], operation: BulkOperation): readonly Violation[] => {
  const seen = new Set<string>()
  return touches.flatMap((commit) => {
    const { at, before, after } = commit
    const task = taskKey(after)
    const say = (message: string) => [{ task, at, message: `operation ${operation.id} ${message}` }]
    const isSecond = seen.has(task)
    seen.add(task)
    if (isSecond) return say('has told it a second time')
    if (operation.dryRun) return say('was to count only, and has told it something')
    if (after.createdAt > operation.startedAt) return say('began before it was made')
    return before && !fits(before, operation.filter) ? say(`has told it something although it was ${before.state}`) : []
  })
}

const ofAll = (history: History, touches: readonly Commit[], { at, after }: Change<'operation'>): readonly Violation[] => {
  const { id, state, matchedCount, changedCount, refusedCount, dryRun } = after
  const say = (message: string) => [{ task: taskKey(after), at, message: `operation ${id} ${message}` }]
  if (state === 'running') return say(`is running still after ${changedCount} tasks`)
  const listed = listOf(history, after)
  const named = (told: readonly BulkResult[]) =>
    told
      .map(({ task }) => task)
      .sort()
      .join(' ')
  const touched = named(listed.filter(({ result }) => result === 'changed'))
  const inFact = touches
    .map(({ after }) => after.id)
    .sort()
    .join(' ')
  if (touched !== inFact) return say(`lists ${touched || 'nobody'} as touched; it was ${inFact || 'nobody'}`)
  if (touches.length !== changedCount) return say(`has counted ${changedCount} touched tasks; they were ${touches.length}`)
  if (listed.length !== changedCount + refusedCount)
    return say(`lists ${listed.length} tasks; it has told ${changedCount + refusedCount}`)
  return dryRun || matchedCount === listed.length ? [] : say(`was to tell ${matchedCount} tasks, and has told ${listed.length}`)
}

/** The results in the list beside an operation. A repeated write of an entry replaces it. */
const listOf = (history: History, { tenant, id }: BulkOperation): readonly BulkResult[] => {
  const entries = entriesOf(history, 'results').filter((entry) => entry.tenant === tenant && entry.id === id)
  return [...new Map(entries.map(({ place, value }) => [place, value as unknown as BulkResult])).values()]
}
