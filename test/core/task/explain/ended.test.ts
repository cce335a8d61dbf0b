import { describe, expect, test } from 'vitest'
import { iso } from '../../../../core/instant.ts'
import { explain } from '../../../../core/task/explain/explain.ts'
import type { TaskRow } from '../../../../core/task/row.ts'
import { LATER, NOON, nextRow, RETENTION_MS, ROWS, rowIn } from '../rows.ts'
import { ALICE, type Case, CONTEXT, error, explained, failedBy, MINUTE, running, scheduled, worker } from './cases.ts'

const cancelled = (row: TaskRow): TaskRow =>
  nextRow(row, { name: 'cancel', ...worker, reason: 'cancelled while running', retentionMs: RETENTION_MS })
const asked = nextRow(running, { name: 'cancel', at: NOON, ...ALICE, reason: 'a mistake', retentionMs: RETENTION_MS })
const aged = { ...running, retry: { policy: 'fixed', waitMs: 1, attempts: 9, maxAgeMs: MINUTE } } as const

const CASES: readonly Case[] = [
  ['succeeded', rowIn('succeeded'), ['succeeded'], /attempt 1 succeeded at/],
  ['out of attempts', failedBy(error('Busy', true)), ['failed'], /Busy: it broke \(1 of 3 attempts have been made\)/],
  ['not retriable', failedBy(error('Bad')), ['failed'], /Bad: it broke \(the error is not retriable\)/],
  [
    'too old',
    failedBy(error('Busy', true), { final: `no attempt may start after ${iso(NOON + MINUTE)} (maxAge 1m)` }, aged),
    ['failed'],
    /Busy: it broke \(no attempt may start after/,
  ],
  ['out of workers', failedBy(error('WorkerLost', true)), ['failed'], /the task has lost the maximum number of workers/],
  [
    'dead-lettered',
    failedBy(error('DeadLettered', true)),
    ['failed'],
    /message of the task was dead-lettered the maximum number of times/,
  ],
  ['on a lane that is not deployed', failedBy(error('UnknownLane')), ['failed'], /lane of the task is not deployed/],
  ['after a wait', failedBy(error('WaitTimeout')), ['failed'], /the wait of the task timed out/],
  [
    'snoozed too often',
    failedBy(error('SnoozedTooOften')),
    ['failed'],
    /the handler snoozed the task the maximum number of times/,
  ],
  ['at a busy gate', failedBy(error('GateBusy')), ['failed'], /the gate was busy, and onBusy of the task is fail/],
  ['with an empty message', failedBy(error('Empty', false, '')), ['failed'], /Empty: \(no message\)/],
  [
    'failed, with a failure task',
    failedBy(error('Bad')),
    ['failed', 'failureTask'],
    /Bad/,
    { context: { failureTask: { id: 'task1.f1', state: 'running' } } },
  ],
  [
    'unreadable',
    nextRow(undefined, {
      name: 'quarantine',
      at: NOON,
      by: 'system:dead-letters',
      input: { inline: 1 },
      error: error('UnreadableMessage'),
      retentionMs: 1,
    }),
    ['failed'],
    /the task holds an unreadable message/,
  ],
  ['conflicted', rowIn('conflicted'), ['conflicted'], /the handler reported a conflict: it broke/],
  [
    'cancelled before it ran',
    nextRow(scheduled, { name: 'cancel', at: NOON, ...ALICE, retentionMs: 1 }),
    ['cancelled'],
    /by user:alice$/,
  ],
  ['cancelled while it ran', cancelled(asked), ['cancelled'], /by user:alice: a mistake/],
  [
    'cancelled while it ran, and again after a redrive',
    nextRow(nextRow(cancelled(asked), { name: 'redrive', at: NOON, ...ALICE }), {
      name: 'cancel',
      at: NOON,
      by: 'system:gate',
      reason: 'replaced by task x',
      retentionMs: 1,
    }),
    ['cancelled'],
    /by system:gate: replaced by task x/,
  ],
  ['expired', rowIn('expired'), ['expired'], /did not start before its deadline, which was over at 2026-11-21T13:00:00.000Z/],
  [
    'skipped',
    nextRow(scheduled, { name: 'skip', at: NOON, by: 'system:gate', reason: 'gate one was busy', retentionMs: 1 }),
    ['skipped'],
    /the task was skipped by system:gate: gate one was busy/,
  ],
]

describe('the explanation of an ended task', () => {
  explained(CASES)
  test('has no next change', () => {
    for (const [, row] of CASES) expect(explain(row, LATER, CONTEXT)).not.toHaveProperty('nextChangeAt')
  })
  test('has a reason in every state', () => {
    for (const row of ROWS) expect(explain(row, LATER, CONTEXT).reasons).not.toEqual([])
  })
})
