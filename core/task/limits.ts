import { type DurationMs, formatDuration } from '../duration.ts'
import { type Instant, iso } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import type { Claim, TaskCommand } from './command.ts'
import type { TaskError, TaskRow } from './row.ts'

/** The stamp of a command that ends a task; with a claim if the worker of the attempt sends it. */
type EndStamp = { readonly at: Instant; readonly by: string; readonly claim?: Claim; readonly sole?: string }

type Dated = Pick<TaskRow, 'notBefore' | 'redrivenAt' | 'retry'>

/** The age of a task at `at`, counted from `notBefore` or from the last redrive. */
export const ageOf = (row: Dated, at: Instant): DurationMs => at - ageStart(row)

/** The time after which no attempt may start, and the reason as text; undefined without a maximum age. */
export const lastStart = (row: Dated): { readonly at: Instant; readonly why: string } | undefined => {
  const { maxAgeMs } = row.retry
  if (maxAgeMs === undefined) return undefined
  const at = ageStart(row) + maxAgeMs
  return { at, why: `no attempt may start after ${iso(at)} (maxAge ${formatDuration(maxAgeMs)})` }
}

/**
 * The command that fails a task whose next attempt would start after its maximum age; undefined while an attempt may start.
 * The task keeps the error of its last attempt or lost worker. A task without an error fails as `TooOld`.
 *
 * @param startsAt when the next attempt would start
 */
export const endIfTooOld = (
  row: TaskRow,
  startsAt: Instant,
  stamp: EndStamp,
  retentionMs: DurationMs,
  error: TaskError | undefined = row.error,
): TaskCommand | undefined => {
  const last = lastStart(row)
  if (!last || startsAt <= last.at) return undefined
  if (error) return { name: 'fail', ...stamp, error, final: last.why, retentionMs }
  return { name: 'fail', ...stamp, error: { code: 'TooOld', message: last.why, retriable: false }, retentionMs }
}

const ageStart = ({ notBefore, redrivenAt = notBefore }: Dated): Instant => Math.max(notBefore, redrivenAt)

/**
 * The command that fails a running task whose worker was lost or interrupted, when the task has reached its maximum number
 * of losses or is too old for another attempt; undefined while another attempt may start.
 */
export const endAfterLastLoss = (row: TaskRow, stamp: EndStamp, retentionMs: number): TaskCommand | undefined => {
  const { losses: allowed = LIMITS.lossesCount } = row.retry
  const workers = row.losses === 0 ? 'a worker was' : `${row.losses + 1} workers were`
  const error: TaskError = { code: 'WorkerLost', message: `${workers} lost while running this task`, retriable: true }
  if (row.losses >= allowed) return { name: 'fail', ...stamp, error, retentionMs }
  return endIfTooOld(row, stamp.at, stamp, retentionMs, error)
}
