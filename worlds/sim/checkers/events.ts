import { isOpen } from '../../../core/task/row.ts'
import { type Commit, type Published, tasksOf } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/** Events of a row come in the order of its versions, none that was asked for is lost, and none comes unasked. */
export const publishesInOrder: Checker = (history) => {
  const violations: Violation[] = []
  const published = Map.groupBy(history.published, ({ event }) => `${event.data.tenant}/${event.subject}`)
  for (const [task, commits] of tasksOf(history)) {
    const level = commits[0]?.after.events ?? 'none'
    const wanted = commits.filter((commit) => isHeard(level, commit)).map(({ after }) => after.version)
    const came = firstsOf(published.get(task) ?? [])
    const lost = wanted.filter((version) => !came.includes(version))
    const unasked = came.filter((version) => !wanted.includes(version))
    const say = (message: string) => violations.push({ task, at: history.endedAt, message })
    if (lost.length > 0) say(`the events of versions ${lost} never came; its level is ${level}`)
    if (unasked.length > 0) say(`events of versions ${unasked} came unasked; its level is ${level}`)
    if (came.some((version, index) => version < (came[index - 1] ?? 0))) say(`its events came in the order ${came}`)
  }
  return violations
}

/** A repeat is allowed, so what counts is when a version was first heard of. */
const firstsOf = (published: readonly Published[]): readonly number[] => [
  ...new Set(published.map(({ event }) => Number(event.sequence))),
]

const isHeard = (level: string, { before, after }: Commit): boolean => {
  if (level === 'none' || (level === 'terminal' && isOpen(after.state))) return false
  const isHeartbeat =
    before?.state === 'running' &&
    after.state === 'running' &&
    before.attempt === after.attempt &&
    before.cancelRequested === after.cancelRequested
  return !isHeartbeat
}
