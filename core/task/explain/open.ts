import { defined } from '../../defined.ts'
import { formatDuration } from '../../duration.ts'
import { type Instant, iso } from '../../instant.ts'
import { LIMITS } from '../../limits.ts'
import { maxAttempts } from '../../retry/policy.ts'
import { reasonIn, shownError, wordsOf } from '../error.ts'
import { lastStart } from '../limits.ts'
import { countedAttempts, type TaskRow } from '../row.ts'
import { cancelRequestOf } from './ended.ts'
import { gateReason } from './gates.ts'
import type { ExplainContext, Reason } from './reason.ts'

/** What a task that has still a way to go waits for. */
export const open = (row: TaskRow, now: Instant, around: ExplainContext): readonly Reason[] => {
  const stranger = foreign(row, around)
  switch (row.state) {
    case 'pending':
      return stranger.length > 0 ? stranger : [notReady(row)]
    case 'running':
      return running(row, now)
    case 'waiting':
      return [...waiting(row, now), ...stranger]
    default:
      return scheduled(row, now, stranger, around)
  }
}

/** What stands before a task that is due outweighs its time; before that, the time is what it waits for. */
const scheduled = (row: TaskRow, now: Instant, stranger: readonly Reason[], around: ExplainContext): readonly Reason[] => {
  const { lane, dueAt = now } = row
  const lost: readonly Reason[] = around.knowsLane
    ? []
    : [{ code: 'unknownLane', message: `its lane ${lane} is not deployed, so no message can reach it`, data: { lane } }]
  const gates = around.gates.flatMap((sight) => gateReason(row, sight, now) ?? [])
  const obstacles = [...stranger, ...lost, ...gates]
  if (row.blocked) return obstacles
  const time = timeReason(row, dueAt, now)
  return dueAt > now ? [time, ...obstacles] : [...obstacles, time]
}

const foreign = ({ environmentId: home }: TaskRow, { environmentId: here }: ExplainContext): readonly Reason[] =>
  home === undefined || home === here
    ? []
    : [
        {
          code: 'foreignEnvironment',
          message: `it was made in environment ${home}, and this is ${here}: it does not run here until it is made ready here`,
          data: { environmentId: home },
        },
      ]

const notReady = ({ history }: TaskRow): Reason => {
  const last = history.at(-1)
  const why = last?.reason ? ` (${last.reason})` : ''
  return {
    code: 'notReady',
    message: `it was left not ready by ${last?.by ?? 'nobody known'}${why}, and does not run until it is made ready`,
    ...(last ? { since: last.at, data: { by: last.by } } : {}),
  }
}

const running = (row: TaskRow, now: Instant): readonly Reason[] => {
  const { attempt, startedAt: since = row.updatedAt, timeoutMs, lease } = row
  const until = since + timeoutMs
  const worker = `worker:${lease?.owner ?? ''}`
  const runs: Reason = {
    code: 'running',
    message: `attempt ${attempt} has been running since ${iso(since)} on ${worker}, and may take until ${iso(until)}`,
    since,
    until,
    data: { attempt, worker },
  }
  return [...(lease && lease.until <= now ? [lost(lease.until, now)] : []), ...(row.cancelRequested ? [asked(row)] : []), runs]
}

const lost = (since: Instant, now: Instant): Reason => {
  const { at, words } = sweepAfter(since, now)
  return {
    code: 'overdue',
    message: `nothing has been heard of its worker, whose claim ended at ${iso(since)}; its message comes back, or ${words}`,
    since,
    data: { sweepAt: iso(at) },
  }
}

const asked = (row: TaskRow): Reason => {
  const asker = cancelRequestOf(row)
  return {
    code: 'cancelRequested',
    message: `${asker?.by ?? 'somebody'} has asked to cancel it; it ends when its handler obeys`,
    ...(asker ? { since: asker.at, data: { by: asker.by } } : {}),
  }
}

const waiting = ({ history, dueAt, updatedAt }: TaskRow, now: Instant): readonly Reason[] => {
  const reason = history.at(-1)?.reason
  const end = dueAt === undefined ? '' : `, until ${iso(dueAt)} at the latest`
  const waits: Reason = {
    code: 'waiting',
    message: `it waits to be resumed${end}${reason ? `: ${reason}` : ''}`,
    since: updatedAt,
    ...defined({ until: dueAt }),
  }
  if (dueAt === undefined || dueAt > now) return [waits]
  const { at, words } = sweepAfter(dueAt, now)
  return [
    { code: 'overdue', message: `it has waited as long as it may; ${words}`, since: dueAt, data: { sweepAt: iso(at) } },
    waits,
  ]
}

/** Why a scheduled task has not started, as far as its time says. */
export const timeReason = (row: TaskRow, dueAt: Instant, now: Instant): Reason =>
  dueAt <= now ? late(row, dueAt, now) : beforeTime(row, dueAt)

/** Before its time: whoever spoke last has said why it is that time. */
const beforeTime = (row: TaskRow, until: Instant): Reason => {
  const last = row.history.at(-1)
  const reason = last && reasonIn(last)
  const why = reason ? `: ${reason}` : ''
  if (last?.command === 'snooze')
    return { code: 'snoozed', message: `it has put itself off until ${iso(until)}${why}`, since: last.at, until }
  if (last?.command === 'rearm')
    return { code: 'rearmed', message: `it is woken anew at ${iso(until)}${why}`, since: last.at, until }
  if (last?.command === 'retry' && row.error) return retrying(row, until, last.at)
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
