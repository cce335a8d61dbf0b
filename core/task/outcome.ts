import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { maxAttempts, retryWait } from '../retry/policy.ts'
import { isListed, type ThrownError } from '../retry/retriable-errors.ts'
import type { Claim, TaskCommand } from './command.ts'
import { ageOf, endAfterLastLoss, endIfTooOld, lastStart } from './limits.ts'
import { countedAttempts, type Payload, type TaskError, type TaskRow } from './row.ts'

/** What an attempt came to, whatever it was: a value, an answer from the vocabulary, an error, a timeout. */
export type Result =
  | { readonly came: 'succeeded'; readonly output?: Payload }
  /** `thrown` is what is known of an error about which the handler does not say whether a repeat may help. */
  | { readonly came: 'failed'; readonly error: TaskError; readonly thrown?: ThrownError; readonly delayMs?: number }
  | { readonly came: 'snoozed'; readonly delayMs: number; readonly reason?: string }
  | { readonly came: 'conflicted'; readonly error: TaskError }
  | { readonly came: 'waiting'; readonly forMs?: number; readonly reason?: string }
  /** The worker had to leave it: that is no fault of the task. */
  | { readonly came: 'interrupted'; readonly reason: string }

/**
 * What the worker says of its attempt. The claim is the worker's own and not the row's, so that a row that
 * has passed to another refuses it. A
 * task that is to be cancelled is not put off or tried again: not being finished, it obeys.
 */
export const settle = (row: TaskRow, claim: Claim, result: Result, by: Speaker, retentionMs: number): TaskCommand => {
  const said = { ...by, claim }
  const open = result.came !== 'succeeded' && result.came !== 'conflicted'
  if (row.cancelRequested && open) return { name: 'cancel', ...said, reason: 'cancelled while running', retentionMs }
  switch (result.came) {
    case 'succeeded':
      return { name: 'succeed', ...said, retentionMs, ...defined({ output: result.output }) }
    case 'conflicted':
      return { name: 'conflict', ...said, error: result.error, retentionMs }
    case 'waiting':
      return {
        name: 'wait',
        ...said,
        claim,
        ...dueIn(said.at, result.forMs),
        ...(result.reason ? { reason: result.reason } : {}),
      }
    case 'snoozed':
      return snoozed(row, result, said, retentionMs)
    case 'failed':
      return failed(row, result, said, retentionMs)
    case 'interrupted':
      return endAfterLastLoss(row, said, retentionMs) ?? { name: 'rearm', ...said, dueAt: said.at, reason: result.reason }
  }
}

const dueIn = (at: Instant, ms: number | undefined) => (ms === undefined ? {} : { dueAt: at + ms })

type ResultOf<Came extends Result['came']> = Extract<Result, { came: Came }>
type Speaker = { readonly at: Instant; readonly by: string }
type Said = Speaker & { readonly claim: Claim }

const snoozed = (row: TaskRow, result: ResultOf<'snoozed'>, said: Said, retentionMs: number): TaskCommand => {
  const dueAt = said.at + result.delayMs
  const end = endIfTooOld(row, dueAt, said, retentionMs)
  if (end) return end
  if (row.snoozes < LIMITS.snoozesCount) {
    const reason = result.reason ? { reason: result.reason } : {}
    return { name: 'snooze', ...said, dueAt, ...reason }
  }
  const message = `the task has put itself off ${row.snoozes} times, which is the most it may`
  return {
    name: 'fail',
    ...said,
    error: { code: 'SnoozedTooOften', message, retriable: false },
    retentionMs,
  }
}

const failed = (row: TaskRow, result: ResultOf<'failed'>, said: Said, retentionMs: number): TaskCommand => {
  const { error, thrown, delayMs } = result
  const { retry } = row
  const fail = (error: TaskError, final?: string): TaskCommand => ({
    name: 'fail',
    ...said,
    error,
    retentionMs,
    ...defined({ final }),
  })
  if (!error.retriable) return fail(error)
  if (retry.retriable && thrown && !isListed(retry.retriable, thrown)) return fail({ ...error, retriable: false }, UNLISTED)
  const made = countedAttempts(row)
  const wait = retryWait(retry, { made, ageMs: ageOf(row, said.at), delayMs }, row.id)
  if (wait !== undefined) return { name: 'retry', ...said, error, dueAt: said.at + wait }
  return fail(error, made < maxAttempts(retry) ? lastStart(row)?.why : undefined)
}

const UNLISTED = 'not on the list of retriable errors'
