import { defined } from '../../defined.ts'
import type { Instant } from '../../instant.ts'
import { isOpen, type TaskRow } from '../row.ts'
import { ended } from './ended.ts'
import { deadlines, isWithinLateness, open, sweepAfter } from './open.ts'
import type { ExplainContext, Explanation, Reason } from './reason.ts'

/**
 * Explains why a task has not run, or why it ended. Pure: the state of gates, pauses and the deployment is in `context`.
 *
 * @returns at least one reason, the most important first
 * @example explain(row, now, context).summary // 'Task a1 is scheduled: the task is due at 2026-11-21T20:00:00.000Z'
 */
export const explain = (row: TaskRow, now: Instant, context: ExplainContext): Explanation => {
  const reasons = isOpen(row.state) ? [...open(row, now, context), ...laterReasons(row, now, context)] : ended(row, context)
  const nextChangeAt = isOpen(row.state) ? nextChange(row, now, context) : undefined
  return {
    summary: `Task ${row.id} is ${row.state}: ${reasons[0]?.message ?? 'no reason is known'}`,
    reasons,
    ...defined({ nextChangeAt }),
  }
}

/** Reasons that matter only later: an unknown type, and deadlines. */
const laterReasons = (row: TaskRow, now: Instant, { isTypeRegistered }: ExplainContext): readonly Reason[] => {
  const { type, state } = row
  const message = `task type ${type} is not registered in this deployment; attempts of the task fail as UnknownType`
  return [
    ...(isTypeRegistered ? [] : [{ code: 'unknownType', message, data: { type } } as const]),
    ...(state === 'running' || state === 'waiting' ? [] : deadlines(row, now)),
  ]
}

/** The time of the next change of an open task without a command. A sweep repairs an overdue change. */
const nextChange = (row: TaskRow, now: Instant, { gates }: ExplainContext): Instant | undefined => {
  const gate = gates.find(({ requirement }) => requirement.ref === row.blocked)
  const dispatchAt = gate?.requirement.control?.paused ? undefined : gate?.row?.dueAt
  const expected =
    row.state === 'running' ? [endOf(row, now)] : [row.dueAt, dispatchAt, row.expiresAt].filter((at) => at !== undefined)
  const [missed, coming] = [expected.filter((at) => at <= now), expected.filter((at) => at > now)]
  if (missed.length === 0) return coming.length > 0 ? Math.min(...coming) : undefined
  return isWithinLateness(Math.min(...missed), now) ? now : sweepAfter(Math.min(...missed), now).at
}

/** The latest end of an attempt: its timeout, or the end of its lease when the timeout has passed. */
const endOf = ({ startedAt, updatedAt, timeoutMs, lease }: TaskRow, now: Instant): Instant => {
  const timeoutAt = (startedAt ?? updatedAt) + timeoutMs
  return timeoutAt > now ? timeoutAt : (lease?.until ?? timeoutAt)
}
