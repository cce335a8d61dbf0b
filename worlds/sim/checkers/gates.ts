import { effectiveLimits, type GateRow } from '../../../core/gate/row.ts'
import { iso } from '../../../core/instant.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { type Change, changesOf, gateName, type History, isClaim, taskKey } from '../history.ts'
import { SKEW_MS } from '../process.ts'
import { TYPES } from '../workload/types.ts'
import type { Checker, Violation } from './checker.ts'

/**
 * Never do more tasks with the same gate run at once than it has places, whatever dies on the way; and never are more
 * let in within a period than its rate says. What runs is told by the tasks' own rows: the gate's opinion does not count.
 */
export const keepsGates: Checker = (history) => [...crowded(history), ...hurried(history)]

const crowded = (history: History): readonly Violation[] => {
  const running = new Map<string, TaskRow>()
  return changesOf(history, 'task').flatMap((commit) => {
    const { at, after } = commit
    const task = taskKey(after)
    if (after.state === 'running') running.set(task, after)
    else running.delete(task)
    if (!isClaim(commit)) return []
    // Whose lease is over is lost: whether it still runs, nobody can say, and nobody waits for it longer.
    const live = [...running.values()].filter((row) => at < (row.lease?.until ?? 0) - SKEW_MS)
    return boundsOf(after, history.tenantLimit).flatMap(({ name, limit, counts }) => {
      const beside = live.filter(counts)
      if (beside.length <= limit) return []
      const names = beside.map(({ id }) => id).join(', ')
      return [{ task, at, message: `it is one of ${beside.length} that run behind ${name}, which has ${limit}: ${names}` }]
    })
  })
}

type Bound = { readonly name: string; readonly limit: number; readonly counts: (row: TaskRow) => boolean }

/** Everything that bounds how many may run beside this task: its own gate, its type's declared limit, and its tenant's. */
const boundsOf = (row: TaskRow, tenantLimit: number | undefined): readonly Bound[] => {
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

const hurried: Checker = (history) =>
  [...Map.groupBy(changesOf(history, 'gate'), ({ after }) => gateName(after))].flatMap(([gate, changes]) => {
    const rate = changes.map(({ after }) => effectiveLimits(after).rate).find((it) => it !== undefined)
    if (!rate) return []
    const starts = changes.flatMap((change) => (comesIn(change) ? [change.after.updatedAt] : []))
    return starts.flatMap((from) => {
      const count = starts.filter((start) => start >= from && start < from + rate.periodMs).length
      const message = `${count} came in within ${rate.periodMs} ms of ${iso(from)}; its rate allows ${rate.count}`
      return count > rate.count ? [{ task: gate, at: from, message }] : []
    })
  })

/** Has somebody come in by this change: a newcomer, one who was called, or one whom the gate does not count? */
const comesIn = ({ before, after }: Change<'gate'>): boolean => {
  const isInside = (gate: GateRow | undefined, task: string) =>
    gate?.holders.some((it) => it.task === task && it.reservedAt === undefined) === true
  const counted = after.holders.some((it) => it.reservedAt === undefined && !isInside(before, it.task))
  return counted || (after.lastStart !== undefined && after.lastStart !== before?.lastStart)
}
