import { termsOf } from '../../../core/gate/row.ts'
import { iso } from '../../../core/instant.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { type Commit, isClaim, taskKey } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import type { Checker, Violation } from './checker.ts'

/**
 * Never do more tasks with the same gate run at once than it has places, whatever dies on the way; and never are more
 * let in within a period than its rate says. What runs is told by the tasks' own rows: the gate's opinion does not count.
 */
export const keepsGates: Checker = (history) => [...crowded(history.commits), ...hurried(history)]

const crowded = (commits: readonly Commit[]): readonly Violation[] => {
  const running = new Map<string, TaskRow>()
  return commits.flatMap((commit) => {
    const { at, after } = commit
    const task = taskKey(after)
    if (after.state === 'running') running.set(task, after)
    else running.delete(task)
    const limit = after.gate?.limit
    if (!isClaim(commit) || limit === undefined) return []
    const gate = gateOf(after)
    // Whose lease is over is lost: whether it still runs, nobody can say, and nobody waits for it longer.
    const beside = [...running.values()].filter((row) => gateOf(row) === gate && at < (row.lease?.until ?? 0) - SKEW_MS)
    if (beside.length <= limit) return []
    const names = beside.map(({ id }) => id).join(', ')
    return [{ task, at, message: `it is one of ${beside.length} that run behind gate ${gate}, which has ${limit}: ${names}` }]
  })
}

const gateOf = ({ tenant, gate }: TaskRow): string | undefined => gate && `${tenant}/${gate.key}`

const hurried: Checker = ({ gates }) =>
  [...Map.groupBy(gates, ({ after }) => `${after.tenant}/${after.id}`)].flatMap(([gate, commits]) => {
    const starts = commits.flatMap(({ before, after }) => (after.starts ?? []).filter((it) => !before?.starts?.includes(it)))
    const rate = commits.map(({ after }) => termsOf(after).rate).find((it) => it !== undefined)
    if (!rate) return []
    return starts.flatMap((from) => {
      const count = starts.filter((start) => start >= from && start < from + rate.periodMs).length
      const message = `${count} were let in within ${rate.periodMs} ms of ${iso(from)}; its rate allows ${rate.count}`
      return count > rate.count ? [{ task: gate, at: from, message }] : []
    })
  })
