import { formatDuration } from '../../duration.ts'
import { type Instant, iso } from '../../instant.ts'
import { LIMITS } from '../../limits.ts'
import { maxAttempts } from '../../retry.ts'
import { lastStart } from '../age.ts'
import { shownError, wordsOf } from '../error.ts'
import { countedAttempts, type TaskRow } from '../row.ts'
import type { Reason } from './reason.ts'

/** Why a scheduled task has not started, as far as its time says. */
export const timeReason = (row: TaskRow, dueAt: Instant, now: Instant): Reason =>
  dueAt <= now ? late(row, dueAt, now) : early(row, dueAt)

/** Before its time: whoever spoke last has said why it is that time. */
const early = (row: TaskRow, until: Instant): Reason => {
  const last = row.history.at(-1)
  const why = last?.reason ? `: ${last.reason}` : ''
  if (last?.verb === 'snooze')
    return { code: 'snoozed', message: `it has put itself off until ${iso(until)}${why}`, since: last.at, until }
  if (last?.verb === 'rearm')
    return { code: 'rearmed', message: `it is woken anew at ${iso(until)}${why}`, since: last.at, until }
  if (last?.state === 'scheduled' && last.by.startsWith('worker:') && row.error) return retrying(row, until, last.at)
  return { code: 'beforeItsTime', message: `its time is ${iso(until)}`, until }
}

const retrying = (row: TaskRow, until: Instant, since: Instant): Reason => {
  const [made, most] = [countedAttempts(row), maxAttempts(row.retry)]
  const after = row.error ? ` after ${wordsOf(row.error)}` : ''
  return {
    code: 'retrying',
    message: `${made} of ${most} attempts have been made; the next one is at ${iso(until)}${after}`,
    since,
    until,
    data: { attempts: made, attemptsMost: most, ...(row.error ? { error: shownError(row.error) } : {}) },
  }
}

/** At its time or past it: for a while that is a message on its way, and after that a backlog or a loss. */
const late = (row: TaskRow, dueAt: Instant, now: Instant): Reason => {
  const lateMs = now - dueAt
  if (isOnTheWay(dueAt, now))
    return { code: 'due', message: `it is due, and its message is on the way to lane ${row.lane}`, since: dueAt }
  const { at, words } = sweepAfter(dueAt, now)
  return {
    code: 'overdue',
    message: `it has been due for ${formatDuration(lateMs)}: its message waits behind others in lane ${row.lane}, or was lost; ${words}`,
    since: dueAt,
    data: { lateMs, sweepAt: iso(at) },
  }
}

/** Is what was due at `since` so little late that nothing needs to be wrong? */
export const isOnTheWay = (since: Instant, now: Instant): boolean => now - since <= LIMITS.latenessAlarmMs

/** By when a sweep will have looked after a wake-up that was due at `since`. */
export const sweepAfter = (since: Instant, now: Instant): { readonly at: Instant; readonly words: string } => {
  const at = Math.max(since + LIMITS.sweepGraceMs, now) + LIMITS.sweepEveryMs
  return { at, words: `a sweep looks after it by ${iso(at)}` }
}

/** What ends it if it has not started by then. */
export const deadlines = (row: TaskRow): readonly Reason[] => {
  const age = lastStart(row)
  return [
    ...(row.expiresAt === undefined
      ? []
      : [{ code: 'deadline', message: `not started by ${iso(row.expiresAt)}, it expires`, until: row.expiresAt } as const]),
    ...(age ? [{ code: 'deadline', message: age.why, until: age.at } as const] : []),
  ]
}
