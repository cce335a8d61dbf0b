import { defined } from '../../defined.ts'
import type { Instant } from '../../instant.ts'
import { isOpen, type TaskRow } from '../row.ts'
import { ended } from './ended.ts'
import { deadlines, isOnTheWay, open, sweepAfter } from './open.ts'
import type { ExplainContext, Explanation, Reason } from './reason.ts'

/**
 * Why a task has not run, or why it ended so: the question that every user of a scheduler asks first. Pure: what is known
 * of gates, pauses and the deployment comes in with `around`.
 *
 * @returns at least one reason, the heaviest first
 * @example explain(row, now, around).summary // 'Task a1 is scheduled: its time is 2026-11-21T20:00:00.000Z'
 */
export const explain = (row: TaskRow, now: Instant, around: ExplainContext): Explanation => {
  const reasons = isOpen(row.state) ? [...open(row, now, around), ...anyway(row, around)] : ended(row, around)
  const nextChangeAt = isOpen(row.state) ? nextChange(row, now, around) : undefined
  return {
    summary: `Task ${row.id} is ${row.state}: ${reasons[0]?.message ?? 'nothing is known of why'}`,
    reasons,
    ...defined({ nextChangeAt }),
  }
}

/** What will matter sooner or later. */
const anyway = (row: TaskRow, { knowsType }: ExplainContext): readonly Reason[] => {
  const { type, state } = row
  const message = `its type ${type} is not registered in this deployment; its attempts fail as UnknownType`
  return [
    ...(knowsType ? [] : [{ code: 'unknownType', message, data: { type } } as const]),
    ...(state === 'running' || state === 'waiting' ? [] : deadlines(row)),
  ]
}

/** The first thing that is to happen to an open task by itself. What should have happened already, a sweep brings about. */
const nextChange = (row: TaskRow, now: Instant, { gates }: ExplainContext): Instant | undefined => {
  const gate = gates.find(({ requirement }) => requirement.ref === row.blocked)
  const turn = gate?.requirement.control?.paused ? undefined : gate?.row?.dueAt
  const wanted = row.state === 'running' ? [endOf(row, now)] : [row.dueAt, turn, row.expiresAt].filter((at) => at !== undefined)
  const [missed, coming] = [wanted.filter((at) => at <= now), wanted.filter((at) => at > now)]
  if (missed.length === 0) return coming.length > 0 ? Math.min(...coming) : undefined
  return isOnTheWay(Math.min(...missed), now) ? now : sweepAfter(Math.min(...missed), now).at
}

/** When an attempt ends at the latest; one that has not, ends with its claim. */
const endOf = ({ startedAt, updatedAt, timeoutMs, lease }: TaskRow, now: Instant): Instant => {
  const timeoutAt = (startedAt ?? updatedAt) + timeoutMs
  return timeoutAt > now ? timeoutAt : (lease?.until ?? timeoutAt)
}
