import { describe } from 'vitest'
import { sweepAfter } from '../../../../core/task/explain/open.ts'
import { create, LEASE_MS, NOON, POLICY, RETENTION_MS, rowIn, said } from '../rows.ts'
import { ALICE, type Case, error, explained, MINUTE, running, scheduled, soon, worker } from './cases.ts'

const late = (since: number, now: number) => sweepAfter(since, now).at

const CASES: readonly Case[] = [
  ['made not ready', said(undefined, create({ ready: false })), ['notReady'], /left not ready by user:test/, { next: 'never' }],
  [
    'held, with a deadline',
    said(rowIn('scheduled'), { name: 'hold', at: NOON, ...ALICE, reason: 'wait for me' }),
    ['notReady', 'deadline'],
    /left not ready by user:alice \(wait for me\)/,
    { next: NOON + 3_600_000 },
  ],
  ['before its time', soon, ['beforeItsTime'], /its time is 2026-11-21T12:01:00/, { next: NOON + MINUTE }],
  ['due', scheduled, ['due'], /due, and its message is on the way to lane normal/, { next: NOON }],
  [
    'overdue',
    scheduled,
    ['overdue'],
    /due for 5m: its message waits behind others in lane normal, or was lost; a sweep looks after it by/,
    { now: NOON + 5 * MINUTE, next: late(NOON, NOON + 5 * MINUTE) },
  ],
  [
    'between two attempts',
    said(running, { name: 'retry', ...worker, error: error('Busy', true), dueAt: NOON + MINUTE }),
    ['retrying'],
    /1 of 3 attempts have been made; the next one is at 2026-11-21T12:01:00.000Z after Busy: it broke/,
    { next: NOON + MINUTE },
  ],
  [
    'snoozed',
    said(running, { name: 'snooze', ...worker, dueAt: NOON + MINUTE, reason: 'the sandbox is busy' }),
    ['snoozed'],
    /put itself off until .*: the sandbox is busy/,
    { next: NOON + MINUTE },
  ],
  [
    'rearmed after its message died',
    said(scheduled, {
      name: 'rearm',
      at: NOON,
      by: 'system:dead-letters',
      dueAt: NOON + MINUTE,
      reason: 'DeadLettered: it died',
    }),
    ['rearmed'],
    /woken anew at .*: DeadLettered: it died/,
    { next: NOON + MINUTE },
  ],
  [
    'of another environment',
    said(undefined, create({ environmentId: 'production' })),
    ['foreignEnvironment', 'due'],
    /made in environment production, and this is test/,
  ],
  [
    'held because it is of another environment',
    said(undefined, create({ environmentId: 'production', ready: false })),
    ['foreignEnvironment'],
    /made in environment production/,
  ],
  ['on a lane that is gone', scheduled, ['unknownLane', 'due'], /lane normal is not deployed/, { around: { knowsLane: false } }],
  ['of a type that is gone', scheduled, ['due', 'unknownType'], /due/, { around: { knowsType: false } }],
  [
    'too old to start soon',
    said(undefined, create({ policy: { ...POLICY, retry: { policy: 'none', maxAgeMs: MINUTE } } })),
    ['due', 'deadline'],
    /due/,
  ],
  [
    'running',
    running,
    ['running'],
    /attempt 1 has been running since .* on worker:w1, and may take until .*12:00:30/,
    { next: NOON + 30_000 },
  ],
  ['running beyond its timeout', running, ['running'], /attempt 1/, { now: NOON + 31_000, next: NOON + LEASE_MS }],
  [
    'running and to be cancelled',
    said(running, { name: 'cancel', at: NOON, ...ALICE, retentionMs: RETENTION_MS }),
    ['cancelRequested', 'running'],
    /user:alice has asked to cancel it; it ends when its handler obeys/,
  ],
  [
    'running on a worker that is lost',
    running,
    ['overdue', 'running'],
    /nothing has been heard of its worker/,
    { now: NOON + LEASE_MS + MINUTE, next: late(NOON + LEASE_MS, NOON + LEASE_MS + MINUTE) },
  ],
  ['waiting for a signal', rowIn('waiting'), ['waiting'], /it waits to be resumed$/, { next: 'never' }],
  [
    'waiting for some time',
    said(running, { name: 'wait', ...worker, dueAt: NOON + MINUTE, reason: 'the approval' }),
    ['waiting'],
    /until 2026-11-21T12:01:00.000Z at the latest: the approval/,
    { next: NOON + MINUTE },
  ],
  [
    'waiting for too long',
    said(running, { name: 'wait', ...worker, dueAt: NOON + MINUTE }),
    ['overdue', 'waiting'],
    /it has waited as long as it may/,
    { now: NOON + 3 * MINUTE },
  ],
]

describe('a task that has still a way to go explains itself', () => explained(CASES))
