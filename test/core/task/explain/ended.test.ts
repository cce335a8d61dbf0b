import { describe, expect, test } from 'vitest'
import { iso } from '../../../../core/instant.ts'
import { explain } from '../../../../core/task/explain/explain.ts'
import type { TaskRow } from '../../../../core/task/row.ts'
import { LATER, NOON, RETENTION_MS, ROWS, rowIn, said } from '../rows.ts'
import { ALICE, AROUND, type Case, error, explained, failedBy, MINUTE, running, scheduled, worker } from './cases.ts'

const cancelled = (row: TaskRow): TaskRow =>
  said(row, { name: 'cancel', ...worker, reason: 'cancelled while running', retentionMs: RETENTION_MS })
const asked = said(running, { name: 'cancel', at: NOON, ...ALICE, reason: 'a mistake', retentionMs: RETENTION_MS })
const aged = { ...running, retry: { policy: 'fixed', waitMs: 1, attempts: 9, maxAgeMs: MINUTE } } as const

const CASES: readonly Case[] = [
  ['succeeded', rowIn('succeeded'), ['succeeded'], /attempt 1 succeeded at/],
  ['out of attempts', failedBy(error('Busy', true)), ['failed'], /Busy: it broke \(1 of 3 attempts have been made\)/],
  ['not retriable', failedBy(error('Bad')), ['failed'], /Bad: it broke \(no repeat can mend that\)/],
  [
    'too old',
    failedBy(error('Busy', true), { final: `no attempt may start after ${iso(NOON + MINUTE)} (maxAge 1m)` }, aged),
    ['failed'],
    /Busy: it broke \(no attempt may start after/,
  ],
  ['out of workers', failedBy(error('WorkerLost', true)), ['failed'], /lost as many workers as it may/],
  ['dead-lettered', failedBy(error('DeadLettered', true)), ['failed'], /message has died as often as it may/],
  ['on a lane that was gone', failedBy(error('UnknownLane')), ['failed'], /lane is not deployed/],
  ['after a wait', failedBy(error('WaitTimeout')), ['failed'], /waited as long as it may/],
  ['put off too often', failedBy(error('SnoozedTooOften')), ['failed'], /put itself off as often/],
  ['at a busy gate', failedBy(error('GateBusy')), ['failed'], /fail rather than to wait/],
  ['without a word', failedBy(error('Empty', false, '')), ['failed'], /Empty: \(no message\)/],
  [
    'failed, and handled',
    failedBy(error('Bad')),
    ['failed', 'failureTask'],
    /Bad/,
    { around: { failureTask: { id: 'task1.f1', state: 'running' } } },
  ],
  [
    'unreadable',
    said(undefined, {
      name: 'quarantine',
      at: NOON,
      by: 'system:dead-letters',
      input: { inline: 1 },
      error: error('UnreadableMessage'),
      retentionMs: 1,
    }),
    ['failed'],
    /a message that nobody could read/,
  ],
  ['conflicted', rowIn('conflicted'), ['conflicted'], /something else was in its way: it broke/],
  [
    'cancelled before it ran',
    said(scheduled, { name: 'cancel', at: NOON, ...ALICE, retentionMs: 1 }),
    ['cancelled'],
    /by user:alice$/,
  ],
  ['cancelled while it ran', cancelled(asked), ['cancelled'], /by user:alice: a mistake/],
  [
    'cancelled while it ran, once more after a redrive',
    said(said(cancelled(asked), { name: 'redrive', at: NOON, ...ALICE }), {
      name: 'cancel',
      at: NOON,
      by: 'system:gate',
      reason: 'replaced by task x',
      retentionMs: 1,
    }),
    ['cancelled'],
    /by system:gate: replaced by task x/,
  ],
  ['expired', rowIn('expired'), ['expired'], /not started by 2026-11-21T13:00:00.000Z, its deadline/],
  [
    'skipped',
    said(scheduled, { name: 'skip', at: NOON, by: 'system:gate', reason: 'gate one was busy', retentionMs: 1 }),
    ['skipped'],
    /left out by system:gate: gate one was busy/,
  ],
]

describe('a task that has ended explains itself', () => {
  explained(CASES)
  test('and nothing more is due to happen to it', () => {
    for (const [, row] of CASES) expect(explain(row, LATER, AROUND)).not.toHaveProperty('nextChangeAt')
  })
  test('as rows in every state do', () => {
    for (const row of ROWS) expect(explain(row, LATER, AROUND).reasons).not.toEqual([])
  })
})
