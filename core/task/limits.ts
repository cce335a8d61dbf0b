import { type DurationMs, formatDuration } from '../duration.ts'
import { type Instant, iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import type { Claim, TaskCommand } from './command.ts'
import type { TaskError, TaskRow } from './row.ts'

type Dated = Pick<TaskRow, 'notBefore' | 'redrivenAt' | 'retry'>

/** How far past its time a task is at `at`; a redrive is a time of its own. */
export const ageOf = (row: Dated, at: Instant): DurationMs => at - timeOf(row)

/** After when no attempt may start, and why, in words; undefined when there is no such time. */
export const lastStart = (row: Dated): { readonly at: Instant; readonly why: string } | undefined => {
  const { maxAgeMs } = row.retry
  if (maxAgeMs === undefined) return undefined
  const at = timeOf(row) + maxAgeMs
  return { at, why: `no attempt may start after ${iso(at)} (maxAge ${formatDuration(maxAgeMs)})` }
}

/**
 * The end of a task whose next attempt would start after its maximum age; undefined while it may start. It keeps the error
 * that it has, of its last attempt or of its lost worker, and only a task that has none gets one of its own.
 *
 * @param startsAt when the attempt would start
 */
export const endIfTooOld = (
  row: TaskRow,
  startsAt: Instant,
  said: { readonly at: Instant; readonly by: string; readonly claim?: Claim },
  retentionMs: DurationMs,
  error: TaskError | undefined = row.error,
): TaskCommand | undefined => {
  const last = lastStart(row)
  if (!last || startsAt <= last.at) return undefined
  if (error) return { name: 'fail', ...said, error, final: last.why, retentionMs }
  return { name: 'fail', ...said, error: { code: 'TooOld', message: last.why, retriable: false }, retentionMs }
}

const timeOf = ({ notBefore, redrivenAt = notBefore }: Dated): Instant => Math.max(notBefore, redrivenAt)

/**
 * The end of a running task that has just lost its worker, or the time to run in, if it has lost as many as it may or is
 * too old for another attempt; undefined while it may be taken up again.
 */
export const endAfterLastLoss = (
  row: TaskRow,
  said: { readonly at: number; readonly by: string; readonly claim?: Claim },
  retentionMs: number,
): TaskCommand | undefined => {
  const { losses: most = LIMITS.lossesCount } = row.retry
  const workers = row.losses === 0 ? 'a worker was' : `${row.losses + 1} workers were`
  const error: TaskError = { code: 'WorkerLost', message: `${workers} lost while running this task`, retriable: true }
  if (row.losses >= most) return { name: 'fail', ...said, error, retentionMs }
  return endIfTooOld(row, said.at, said, retentionMs, error)
}
