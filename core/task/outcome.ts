import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { maxAttempts, retryWait } from '../retry/policy.ts'
import { isListed, type ThrownError } from '../retry/retriable-errors.ts'
import type { Claim, TaskCommand } from './command.ts'
import { INTERRUPTED } from './error.ts'
import { ageOf, endAfterLastLoss, endIfTooOld, lastStart } from './limits.ts'
import { countedAttempts, type Payload, type TaskError, type TaskRow } from './row.ts'

/** The result of an attempt: a value, a reply such as `snooze`, an error, or a timeout. */
export type Result =
  | { readonly outcome: 'succeeded'; readonly output?: Payload }
  /** `thrown` describes an error for which the handler did not state whether it is retriable. */
  | { readonly outcome: 'failed'; readonly error: TaskError; readonly thrown?: ThrownError; readonly delayMs?: number }
  | { readonly outcome: 'snoozed'; readonly delayMs: number; readonly reason?: string }
  | { readonly outcome: 'conflicted'; readonly error: TaskError }
  | { readonly outcome: 'waiting'; readonly forMs?: number; readonly reason?: string }
  /**
   * The attempt had to stop before the handler ended. This is not an error of the task. `isExcused`: it was not too long for
   * its function either, so it counts as an interruption, not as a lost worker.
   */
  | { readonly outcome: 'interrupted'; readonly reason: string; readonly isExcused?: true }

/**
 * The command that stores the result of an attempt. `claim` is the claim of the worker and not of the row, so that a row
 * with a newer claim refuses the command. A task with a cancel request is cancelled instead of retried, snoozed or failed.
 */
export const settle = (row: TaskRow, claim: Claim, result: Result, by: WorkerStamp, retentionMs: number): TaskCommand => {
  const stamp = { ...by, claim }
  const open = result.outcome !== 'succeeded' && result.outcome !== 'conflicted'
  if (row.cancelRequested && open) return { name: 'cancel', ...stamp, reason: 'cancelled while running', retentionMs }
  switch (result.outcome) {
    case 'succeeded':
      return { name: 'succeed', ...stamp, retentionMs, ...defined({ output: result.output }) }
    case 'conflicted':
      return { name: 'conflict', ...stamp, error: result.error, retentionMs }
    case 'waiting':
      return {
        name: 'wait',
        ...stamp,
        claim,
        ...dueIn(stamp.at, result.forMs),
        ...(result.reason ? { reason: result.reason } : {}),
      }
    case 'snoozed':
      return snoozed(row, result, stamp, retentionMs)
    case 'failed':
      return failed(row, result, stamp, retentionMs)
    case 'interrupted':
      return interrupted(row, result, stamp, retentionMs)
  }
}

const dueIn = (at: Instant, ms: number | undefined) => (ms === undefined ? {} : { dueAt: at + ms })

type ResultOf<Outcome extends Result['outcome']> = Extract<Result, { outcome: Outcome }>
type WorkerStamp = { readonly at: Instant; readonly by: string }
type ClaimStamp = WorkerStamp & { readonly claim: Claim }

const snoozed = (row: TaskRow, result: ResultOf<'snoozed'>, stamp: ClaimStamp, retentionMs: number): TaskCommand => {
  const dueAt = stamp.at + result.delayMs
  const end = endIfTooOld(row, dueAt, stamp, retentionMs)
  if (end) return end
  if (row.snoozes < LIMITS.snoozesCount) {
    const reason = result.reason ? { reason: result.reason } : {}
    return { name: 'snooze', ...stamp, dueAt, ...reason }
  }
  const message = `the handler snoozed the task ${row.snoozes} times, which is the maximum`
  return {
    name: 'fail',
    ...stamp,
    error: { code: 'SnoozedTooOften', message, retriable: false },
    retentionMs,
  }
}

/** After `LIMITS.interruptionsCount` interruptions a further one counts as a lost worker: no task runs for ever. */
const interrupted = (
  row: TaskRow,
  { reason, isExcused }: ResultOf<'interrupted'>,
  stamp: ClaimStamp,
  retentionMs: number,
): TaskCommand => {
  const rearm = { name: 'rearm', ...stamp, dueAt: stamp.at, reason } as const
  if (!isExcused || (row.interruptions ?? 0) >= LIMITS.interruptionsCount)
    return endAfterLastLoss(row, stamp, retentionMs) ?? rearm
  return endIfTooOld(row, stamp.at, stamp, retentionMs) ?? { ...rearm, code: INTERRUPTED }
}

const failed = (row: TaskRow, result: ResultOf<'failed'>, stamp: ClaimStamp, retentionMs: number): TaskCommand => {
  const { error, thrown, delayMs } = result
  const { retry } = row
  const fail = (error: TaskError, final?: string): TaskCommand => ({
    name: 'fail',
    ...stamp,
    error,
    retentionMs,
    ...defined({ final }),
  })
  if (!error.retriable) return fail(error)
  if (retry.retriable && thrown && !isListed(retry.retriable, thrown)) return fail({ ...error, retriable: false }, UNLISTED)
  const made = countedAttempts(row)
  const wait = retryWait(retry, { made, ageMs: ageOf(row, stamp.at), delayMs }, row.id)
  if (wait !== undefined) return { name: 'retry', ...stamp, error, dueAt: stamp.at + wait }
  return fail(error, made < maxAttempts(retry) ? lastStart(row)?.why : undefined)
}

const UNLISTED = 'not on the list of retriable errors'
