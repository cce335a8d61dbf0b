import { defined } from '../../defined.ts'
import { formatDuration } from '../../duration.ts'
import { type Instant, iso } from '../../instant.ts'
import { LIMITS } from '../../limits.ts'
import { maxAttempts } from '../../retry/policy.ts'
import { errorText, INTERRUPTED, reasonIn, shownError } from '../error.ts'
import { lastStart } from '../limits.ts'
import { countedAttempts, type TaskRow } from '../row.ts'
import { cancelRequestOf } from './ended.ts'
import { gateReason } from './gates.ts'
import type { ExplainContext, Reason } from './reason.ts'

/** The reasons why an open task has not ended. */
export const open = (row: TaskRow, now: Instant, context: ExplainContext): readonly Reason[] => {
  const foreign = foreignEnvironment(row, context)
  switch (row.state) {
    case 'pending':
      return foreign.length > 0 ? foreign : [notReady(row)]
    case 'running':
      return running(row, now)
    case 'waiting':
      return [...waiting(row, now), ...foreign]
    default:
      return scheduled(row, now, foreign, context)
  }
}

/** When the task is due, its obstacles come first; before that, its time comes first. */
const scheduled = (row: TaskRow, now: Instant, foreign: readonly Reason[], context: ExplainContext): readonly Reason[] => {
  const { lane, dueAt = now } = row
  const unknownLane: readonly Reason[] = context.isLaneDeployed
    ? []
    : [{ code: 'unknownLane', message: `lane ${lane} is not deployed, so no message can reach the task`, data: { lane } }]
  const gates = context.gates.flatMap((view) => gateReason(row, view, now) ?? [])
  const obstacles = [...foreign, ...unknownLane, ...gates]
  if (row.blocked) return obstacles
  const time = timeReason(row, dueAt, now)
  return dueAt > now ? [time, ...obstacles] : [...obstacles, time]
}

const foreignEnvironment = (
  { environmentId: taskEnvironment }: TaskRow,
  { environmentId: currentEnvironment }: ExplainContext,
): readonly Reason[] =>
  taskEnvironment === undefined || taskEnvironment === currentEnvironment
    ? []
    : [
        {
          code: 'foreignEnvironment',
          message: `the task was created in environment ${taskEnvironment}; this is environment ${currentEnvironment}, where the task does not run until it is made ready`,
          data: { environmentId: taskEnvironment },
        },
      ]

const notReady = ({ history }: TaskRow): Reason => {
  const last = history.at(-1)
  const why = last?.reason ? ` (${last.reason})` : ''
  return {
    code: 'notReady',
    message: `the task was left not ready by ${last?.by ?? 'an unknown actor'}${why}; the task does not run until it is made ready`,
    ...(last ? { since: last.at, data: { by: last.by } } : {}),
  }
}

const running = (row: TaskRow, now: Instant): readonly Reason[] => {
  const { attempt, startedAt: since = row.updatedAt, timeoutMs, lease } = row
  const timeoutAt = since + timeoutMs
  const isInTime = timeoutAt > now
  const worker = `worker:${lease?.owner ?? ''}`
  const runs: Reason = {
    code: 'running',
    message: `attempt ${attempt} has been running on ${worker} since ${iso(since)}; its timeout ${isInTime ? 'is' : 'was over'} at ${iso(timeoutAt)}`,
    since,
    ...(isInTime ? { until: timeoutAt } : {}),
    data: { attempt, worker },
  }
  return [
    ...(lease && lease.until <= now ? [workerLost(lease.until, now)] : []),
    ...(row.cancelRequested ? [cancelRequested(row)] : []),
    runs,
  ]
}

const workerLost = (since: Instant, now: Instant): Reason => {
  const { at, text } = sweepAfter(since, now)
  return {
    code: 'overdue',
    message: `the worker has not reported a result, and its lease ended at ${iso(since)}; the message is delivered again, or ${text}`,
    since,
    data: { sweepAt: iso(at) },
  }
}

const cancelRequested = (row: TaskRow): Reason => {
  const request = cancelRequestOf(row)
  return {
    code: 'cancelRequested',
    message: `${request?.by ?? 'an unknown actor'} has requested to cancel the task; the task ends when its handler stops`,
    ...(request ? { since: request.at, data: { by: request.by } } : {}),
  }
}

const waiting = ({ history, dueAt, updatedAt }: TaskRow, now: Instant): readonly Reason[] => {
  const reason = history.at(-1)?.reason
  const isOver = dueAt !== undefined && dueAt <= now
  const until = isOver ? undefined : dueAt
  const end = until === undefined ? '' : `, until ${iso(until)} at the latest`
  const waits: Reason = {
    code: 'waiting',
    message: `the task waits for a resume${end}${reason ? `: ${reason}` : ''}`,
    since: updatedAt,
    ...defined({ until }),
  }
  if (!isOver) return [waits]
  const { at, text } = sweepAfter(dueAt, now)
  const message = `the wait of the task was over at ${iso(dueAt)}; ${text}`
  return [{ code: 'overdue', message, since: dueAt, data: { sweepAt: iso(at) } }, waits]
}

/** The reason of a scheduled task that follows from its time. */
export const timeReason = (row: TaskRow, dueAt: Instant, now: Instant): Reason =>
  dueAt <= now ? late(row, dueAt, now) : beforeTime(row, dueAt)

/** The reason before `dueAt`. The last history entry contains the reason for that time. */
const beforeTime = (row: TaskRow, until: Instant): Reason => {
  const last = row.history.at(-1)
  const reason = last && reasonIn(last)
  const why = reason ? `: ${reason}` : ''
  if (last?.command === 'snooze')
    return { code: 'snoozed', message: `the handler asked to run again at ${iso(until)}${why}`, since: last.at, until }
  if (last?.command === 'rearm')
    return { code: 'rearmed', message: `the task wakes again at ${iso(until)}${why}`, since: last.at, until }
  if (last?.command === 'retry' && row.error) return retrying(row, until, last.at)
  return { code: 'beforeItsTime', message: `the task is due at ${iso(until)}`, until }
}

const retrying = (row: TaskRow, until: Instant, since: Instant): Reason => {
  const [made, most] = [countedAttempts(row), maxAttempts(row.retry)]
  const after = row.error ? `, after the error ${errorText(row.error)}` : ''
  return {
    code: 'retrying',
    message: `${made} of ${most} attempts have been made; the next attempt is at ${iso(until)}${after}`,
    since,
    until,
    data: { attempts: made, attemptsMost: most, ...(row.error ? { error: shownError(row.error) } : {}) },
  }
}

/** The reason at `dueAt` and later. At first the message is on its way; after that there is a backlog or a lost message. */
const late = (row: TaskRow, dueAt: Instant, now: Instant): Reason => {
  const lateMs = now - dueAt
  if (isWithinLateness(dueAt, now))
    return {
      code: 'due',
      message: `the task is due, and its message is on the way to lane ${row.lane}${interruptionText(row)}`,
      since: dueAt,
    }
  const { at, text } = sweepAfter(dueAt, now)
  return {
    code: 'overdue',
    message: `the task has been due for ${formatDuration(lateMs)}: its message waits behind other messages in lane ${row.lane}, or was lost; ${text}${interruptionText(row)}`,
    since: dueAt,
    data: { lateMs, sweepAt: iso(at) },
  }
}

const interruptionText = ({ history }: TaskRow): string => {
  const last = history.at(-1)
  return last?.code === INTERRUPTED ? `; the last attempt was interrupted: ${last.reason ?? ''}` : ''
}

/** Is the delay since `since` still normal? */
export const isWithinLateness = (since: Instant, now: Instant): boolean => now - since <= LIMITS.latenessAlarmMs

/** The time by which a sweep has checked a wake-up that was due at `since`, and that fact as text. */
export const sweepAfter = (since: Instant, now: Instant): { readonly at: Instant; readonly text: string } => {
  const at = Math.max(since + LIMITS.sweepGraceMs, now) + LIMITS.sweepEveryMs
  return { at, text: `a sweep checks the task by ${iso(at)}` }
}

/** The times by which the task must start: its deadline and its maximum age. One that has passed ends the task when it is woken. */
export const deadlines = (row: TaskRow, now: Instant): readonly Reason[] => {
  const age = lastStart(row)
  const reason = (at: Instant, coming: string, what: string): Reason =>
    at > now
      ? { code: 'deadline', message: coming, until: at }
      : { code: 'deadline', message: `the ${what} of the task was over at ${iso(at)}, so it ends when it is woken`, since: at }
  return [
    ...(row.expiresAt === undefined
      ? []
      : [reason(row.expiresAt, `the task expires if it has not started by ${iso(row.expiresAt)}`, 'deadline')]),
    ...(age ? [reason(age.at, age.why, 'maximum age')] : []),
  ]
}
