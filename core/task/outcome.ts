import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { retryWait } from '../retry.ts'
import { claimOf, type TaskCommand } from './command.ts'
import { countedAttempts, type Payload, type TaskError, type TaskRow } from './row.ts'

/** What an attempt came to, whatever it was: a value, an answer from the vocabulary, an error, a timeout. */
export type Result =
  | { readonly came: 'succeeded'; readonly output?: Payload }
  | { readonly came: 'failed'; readonly error: TaskError; readonly delayMs?: number }
  | { readonly came: 'snoozed'; readonly delayMs: number; readonly reason?: string }
  | { readonly came: 'conflicted'; readonly error: TaskError }
  | { readonly came: 'waiting'; readonly forMs?: number; readonly reason?: string }

/**
 * What the worker says of its attempt. The claim is the worker's own, so a row that has passed to another refuses it. A
 * task that is to be cancelled is not put off or tried again: not being finished, it obeys.
 */
export const settle = (row: TaskRow, result: Result, said: { at: Instant; by: string }, retentionMs: number): TaskCommand => {
  const claim = claimOf(row)
  const open = result.came === 'failed' || result.came === 'snoozed' || result.came === 'waiting'
  if (row.cancelRequested && open) return { name: 'cancel', ...said, claim, reason: 'cancelled while running', retentionMs }
  switch (result.came) {
    case 'succeeded':
      return { name: 'succeed', ...said, claim, retentionMs, ...(result.output ? { output: result.output } : {}) }
    case 'conflicted':
      return { name: 'conflict', ...said, claim, error: result.error, retentionMs }
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
  }
}

const dueIn = (at: Instant, ms: number | undefined) => (ms === undefined ? {} : { dueAt: at + ms })

type ResultOf<Came extends Result['came']> = Extract<Result, { came: Came }>
type Said = { at: Instant; by: string }

const snoozed = (row: TaskRow, result: ResultOf<'snoozed'>, said: Said, retentionMs: number): TaskCommand => {
  if (row.snoozes < LIMITS.snoozesCount) {
    const reason = result.reason ? { reason: result.reason } : {}
    return { name: 'snooze', ...said, claim: claimOf(row), dueAt: said.at + result.delayMs, ...reason }
  }
  const message = `the task has put itself off ${row.snoozes} times, which is the most it may`
  return {
    name: 'fail',
    ...said,
    claim: claimOf(row),
    error: { code: 'SnoozedTooOften', message, retriable: false },
    retentionMs,
  }
}

const failed = (row: TaskRow, { error, delayMs }: ResultOf<'failed'>, said: Said, retentionMs: number): TaskCommand => {
  const wait = error.retriable ? retryWait(row.retry, countedAttempts(row), row.id) : undefined
  if (wait === undefined) return { name: 'fail', ...said, claim: claimOf(row), error, retentionMs }
  return { name: 'retry', ...said, claim: claimOf(row), error, dueAt: said.at + (delayMs ?? wait) }
}
