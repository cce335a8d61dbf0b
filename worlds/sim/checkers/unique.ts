import { isOpen, isUnstarted, type TaskRow } from '../../../core/task/row.ts'
import { type Commit, type CreationRequest, changesOf, taskKey } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/**
 * What is to be the only one of its kind is: never two unique tasks of one subject with a way to go, and never two
 * debounced ones that have not started. Whoever redrives a task has it run again, whatever has come after it.
 */
export const isTheOnlyOne: Checker = (history) => {
  const groups = Map.groupBy(
    history.creations.filter(({ uniqueness }) => uniqueness !== undefined),
    ({ tenant, uniqueness }) => `${tenant}/${uniqueness?.subject}`,
  )
  return [...groups].flatMap(([subject, wishes]) => ofSubject(subject, wishes, changesOf(history, 'task')))
}

const ofSubject = (subject: string, wishes: readonly CreationRequest[], commits: readonly Commit[]): readonly Violation[] => {
  const marks = new Set(wishes.map(({ mark }) => mark))
  const tenant = wishes[0]?.tenant
  const standsInTheWay = wishes[0]?.uniqueness?.kind === 'debounce' ? isUnstarted : isUnended
  const members = new Set<string>()
  const inTheWay = new Set<string>()
  return commits.flatMap(({ at, before, after }) => {
    const task = taskKey(after)
    const isBirth = !before && after.tenant === tenant && after.failureOf === undefined
    if (isBirth && after.tags?.some((tag) => marks.has(tag))) members.add(task)
    if (!members.has(task)) return []
    if (standsInTheWay(after)) inTheWay.add(task)
    else inTheWay.delete(task)
    if (!isBirth || inTheWay.size <= 1) return []
    return [{ task, at, message: `it is one of ${inTheWay.size} that stand for ${subject}: ${[...inTheWay]}` }]
  })
}

const isUnended = ({ state, redrivenAt }: TaskRow): boolean => isOpen(state) && redrivenAt === undefined
