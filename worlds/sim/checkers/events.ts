import { isOpen } from '../../../core/task/row.ts'
import { type Commit, type Published, tasksOf } from '../history.ts'
import type { Checker, Violation } from './checker.ts'

/** Every event of the task's level is published, no other event is, and events come in the order of versions. */
export const publishesInOrder: Checker = (history) => {
  const violations: Violation[] = []
  const published = Map.groupBy(history.published, ({ event }) => `${event.data.tenant}/${event.subject}`)
  for (const [task, commits] of tasksOf(history)) {
    const level = commits[0]?.after.events ?? 'none'
    const expected = commits.filter((commit) => isPublished(level, commit)).map(({ after }) => after.version)
    const arrived = firstsOf(published.get(task) ?? [])
    const lost = expected.filter((version) => !arrived.includes(version))
    const unexpected = arrived.filter((version) => !expected.includes(version))
    const report = (message: string) => violations.push({ task, at: history.endedAt, message })
    if (lost.length > 0) report(`the events of versions ${lost} were not published; the level is ${level}`)
    if (unexpected.length > 0) report(`events of versions ${unexpected} were published; the level is ${level}`)
    if (arrived.some((version, index) => version < (arrived[index - 1] ?? 0)))
      report(`events were published in the order ${arrived}`)
  }
  return violations
}

/** An event may be repeated, so only the first event of each version counts. */
const firstsOf = (published: readonly Published[]): readonly number[] => [
  ...new Set(published.map(({ event }) => Number(event.sequence))),
]

const isPublished = (level: string, { before, after }: Commit): boolean => {
  if (level === 'none' || (level === 'terminal' && isOpen(after.state))) return false
  const isHeartbeat =
    before?.state === 'running' &&
    after.state === 'running' &&
    before.attempt === after.attempt &&
    before.cancelRequested === after.cancelRequested &&
    before.watched === after.watched
  return !isHeartbeat
}
