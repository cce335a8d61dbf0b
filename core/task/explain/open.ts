import { type Instant, iso } from '../../instant.ts'
import type { TaskRow } from '../row.ts'
import { askedBy } from './asked.ts'
import { gateReason } from './gates.ts'
import type { Reason, Surroundings } from './reason.ts'
import { sweepAfter, timeReason } from './time.ts'

/** What a task that has still a way to go waits for. */
export const open = (row: TaskRow, now: Instant, around: Surroundings): readonly Reason[] => {
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
const scheduled = (row: TaskRow, now: Instant, stranger: readonly Reason[], around: Surroundings): readonly Reason[] => {
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

const foreign = ({ environmentId: home }: TaskRow, { environmentId: here }: Surroundings): readonly Reason[] =>
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
  const asker = askedBy(row)
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
    ...(dueAt === undefined ? {} : { until: dueAt }),
  }
  if (dueAt === undefined || dueAt > now) return [waits]
  const { at, words } = sweepAfter(dueAt, now)
  return [
    { code: 'overdue', message: `it has waited as long as it may; ${words}`, since: dueAt, data: { sweepAt: iso(at) } },
    waits,
  ]
}
