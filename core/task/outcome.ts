import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { retryWait } from '../retry.ts'
import type { Claim, TaskCommand } from './command.ts'
import { countedAttempts, type Payload, type TaskError, type TaskRow } from './row.ts'

/** What an attempt came to, whatever it was: a value, an answer from the vocabulary, an error, a timeout. */
export type Result =
  | { readonly came: 'succeeded'; readonly output?: Payload }
  | { readonly came: 'failed'; readonly error: TaskError; readonly delayMs?: number }
  | { readonly came: 'snoozed'; readonly delayMs: number; readonly reason?: string }
  | { readonly came: 'conflicted'; readonly error: TaskError }
  | { readonly came: 'waiting'; readonly forMs?: number; readonly reason?: string }

/**
 * What the worker says of its attempt. The claim is the worker's own and not the row's, so that a row that
 * has passed to another refuses it. A
 * task that is to be cancelled is not put off or tried again: not being finished, it obeys.
 */
export const settle = (row: TaskRow, claim: Claim, result: Result, by: Speaker, retentionMs: number): TaskCommand => {
  const said = { ...by, claim }
  const open = result.came === 'failed' || result.came === 'snoozed' || result.came === 'waiting'
  if (row.cancelRequested && open) return { name: 'cancel', ...said, reason: 'cancelled while running', retentionMs }
  switch (result.came) {
    case 'succeeded':
      return { name: 'succeed', ...said, retentionMs, ...(result.output ? { output: result.output } : {}) }
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
  }
}

const dueIn = (at: Instant, ms: number | undefined) => (ms === undefined ? {} : { dueAt: at + ms })

type ResultOf<Came extends Result['came']> = Extract<Result, { came: Came }>
type Speaker = { readonly at: Instant; readonly by: string }
type Said = Speaker & { readonly claim: Claim }

const snoozed = (row: TaskRow, result: ResultOf<'snoozed'>, said: Said, retentionMs: number): TaskCommand => {
  if (row.snoozes < LIMITS.snoozesCount) {
    const reason = result.reason ? { reason: result.reason } : {}
    return { name: 'snooze', ...said, dueAt: said.at + result.delayMs, ...reason }
  }
  const message = `the task has put itself off ${row.snoozes} times, which is the most it may`
  return {
    name: 'fail',
    ...said,
    error: { code: 'SnoozedTooOften', message, retriable: false },
    retentionMs,
  }
}

const failed = (row: TaskRow, { error, delayMs }: ResultOf<'failed'>, said: Said, retentionMs: number): TaskCommand => {
  const wait = error.retriable ? retryWait(row.retry, countedAttempts(row), row.id) : undefined
  if (wait === undefined) return { name: 'fail', ...said, error, retentionMs }
  return { name: 'retry', ...said, error, dueAt: said.at + (delayMs ?? wait) }
}
