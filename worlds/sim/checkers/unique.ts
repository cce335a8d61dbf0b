import { isOpen, isUnstarted, type TaskRow } from '../../../core/task/row.ts'
import { type Commit, type CreationRequest, changesOf, taskKey } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/**
 * A subject has at most one open unique task, and at most one debounced task that has not started. A redriven task does not
 * count: a redrive runs the task again although a newer task has the key.
 */
export const keepsUnique: Checker = (history) => {
  const groups = Map.groupBy(
    history.creations.filter(({ uniqueness }) => uniqueness !== undefined),
    ({ tenant, uniqueness }) => `${tenant}/${uniqueness?.subject}`,
  )
  return [...groups].flatMap(([subject, creations]) => ofSubject(subject, creations, changesOf(history, 'task')))
}

const ofSubject = (subject: string, creations: readonly CreationRequest[], commits: readonly Commit[]): readonly Violation[] => {
  const marks = new Set(creations.map(({ mark }) => mark))
  const tenant = creations[0]?.tenant
  const isDuplicate = creations[0]?.uniqueness?.kind === 'debounce' ? isUnstarted : isUnended
  const members = new Set<string>()
  const open = new Set<string>()
  return commits.flatMap(({ at, before, after }) => {
    const task = taskKey(after)
    const isCreation = !before && after.tenant === tenant && after.failureOf === undefined
    if (isCreation && after.tags?.some((tag) => marks.has(tag))) members.add(task)
    if (!members.has(task)) return []
    if (isDuplicate(after)) open.add(task)
    else open.delete(task)
    if (!isCreation || open.size <= 1) return []
    return [{ task, at, message: `${open.size} tasks are open for ${subject}: ${[...open]}` }]
  })
}

const isUnended = ({ state, redrivenAt }: TaskRow): boolean => isOpen(state) && redrivenAt === undefined
