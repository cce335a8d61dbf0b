import { effectiveLimits, type GateRow } from '../../../core/gate/row.ts'
import { iso } from '../../../core/instant.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { type Change, changesOf, gateName, type History, isClaim, taskKey } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import { TYPES } from '../workload/types.ts'
import type { Checker, Violation } from './checker.ts'

/**
 * At most `limit` tasks of a gate run at once, whatever process dies, and at most `rate.count` start within a period. The
 * rows of the tasks say which tasks run, so an error in the row of the gate does not hide a violation.
 */
export const keepsGates: Checker = (history) => [...overLimit(history), ...overRate(history)]

const overLimit = (history: History): readonly Violation[] => {
  const running = new Map<string, TaskRow>()
  return changesOf(history, 'task').flatMap((commit) => {
    const { at, after } = commit
    const task = taskKey(after)
    if (after.state === 'running') running.set(task, after)
    else running.delete(task)
    if (!isClaim(commit)) return []
    // A task whose lease is over does not count: its worker is lost, and the gate does not wait for it.
    const live = [...running.values()].filter((row) => at < (row.lease?.until ?? 0) - SKEW_MS)
    return limitsOf(after, history.tenantLimit).flatMap(({ name, limit, counts }) => {
      const beside = live.filter(counts)
      if (beside.length <= limit) return []
      const names = beside.map(({ id }) => id).join(', ')
      return [{ task, at, message: `${beside.length} tasks run at ${name}, which has limit ${limit}: ${names}` }]
    })
  })
}

type Limit = { readonly name: string; readonly limit: number; readonly counts: (row: TaskRow) => boolean }

/** All limits on concurrency that apply to a task: of its gate, of its type and of its tenant. */
const limitsOf = (row: TaskRow, tenantLimit: number | undefined): readonly Limit[] => {
  const { tenant, type, gate } = row
  const declared = TYPES.find(({ name }) => name === type)?.limit
  const isOurs = (other: TaskRow) => other.tenant === tenant
  return [
    ...(gate?.limit === undefined
      ? []
      : [
          {
            name: `gate ${tenant}/${gate.key}`,
            limit: gate.limit,
            counts: (it: TaskRow) => isOurs(it) && it.gate?.key === gate.key,
          },
        ]),
    ...(declared?.limit === undefined
      ? []
      : [
          {
            name: `type ${type}`,
            limit: declared.limit,
            counts: (it: TaskRow) => it.type === type && (declared.across === 'all' || isOurs(it)),
          },
        ]),
    ...(tenantLimit === undefined ? [] : [{ name: `tenant ${tenant}`, limit: tenantLimit, counts: isOurs }]),
  ]
}

const overRate: Checker = (history) =>
  [...Map.groupBy(changesOf(history, 'gate'), ({ after }) => gateName(after))].flatMap(([gate, changes]) => {
    const rate = changes.map(({ after }) => effectiveLimits(after).rate).find((it) => it !== undefined)
    if (!rate) return []
    const starts = changes.flatMap((change) => (hasAcquired(change) ? [change.after.updatedAt] : []))
    return starts.flatMap((from) => {
      const count = starts.filter((start) => start >= from && start < from + rate.periodMs).length
      const message = `${count} tasks started within ${rate.periodMs} ms of ${iso(from)}; the rate allows ${rate.count}`
      return count > rate.count ? [{ task: gate, at: from, message }] : []
    })
  })

/** Did a task acquire the gate by this change: directly, after a reservation, or at a gate without a limit? */
const hasAcquired = ({ before, after }: Change<'gate'>): boolean => {
  const isHolder = (gate: GateRow | undefined, task: string) =>
    gate?.holders.some((it) => it.task === task && it.reservedAt === undefined) === true
  const isCounted = after.holders.some((it) => it.reservedAt === undefined && !isHolder(before, it.task))
  return isCounted || (after.lastStart !== undefined && after.lastStart !== before?.lastStart)
}
