import { describe } from 'vitest'
import { sweepAfter } from '../../../../core/task/explain/open.ts'
import { create, LEASE_MS, NOON, nextRow, POLICY, RETENTION_MS, rowIn } from '../rows.ts'
import { ALICE, type Case, error, explained, MINUTE, running, scheduled, soon, worker } from './cases.ts'

const late = (since: number, now: number) => sweepAfter(since, now).at

const CASES: readonly Case[] = [
  [
    'created not ready',
    nextRow(undefined, create({ ready: false })),
    ['notReady'],
    /the task was left not ready by user:test/,
    { next: 'never' },
  ],
  [
    'held, with a deadline',
    nextRow(rowIn('scheduled'), { name: 'hold', at: NOON, ...ALICE, reason: 'wait for me' }),
    ['notReady', 'deadline'],
    /the task was left not ready by user:alice \(wait for me\)/,
    { next: NOON + 3_600_000 },
  ],
  ['before its time', soon, ['beforeItsTime'], /the task is due at 2026-11-21T12:01:00/, { next: NOON + MINUTE }],
  ['due', scheduled, ['due'], /the task is due, and its message is on the way to lane normal/, { next: NOON }],
  [
    'overdue',
    scheduled,
    ['overdue'],
    /due for 5m: its message waits behind other messages in lane normal, or was lost; a sweep checks the task by/,
    { now: NOON + 5 * MINUTE, next: late(NOON, NOON + 5 * MINUTE) },
  ],
  [
    'between two attempts',
    nextRow(running, { name: 'retry', ...worker, error: error('Busy', true), dueAt: NOON + MINUTE }),
    ['retrying'],
    /1 of 3 attempts have been made; the next attempt is at 2026-11-21T12:01:00.000Z, after the error Busy: it broke/,
    { next: NOON + MINUTE },
  ],
  [
    'snoozed',
    nextRow(running, { name: 'snooze', ...worker, dueAt: NOON + MINUTE, reason: 'the sandbox is busy' }),
    ['snoozed'],
    /the handler asked to run again at .*: the sandbox is busy/,
    { next: NOON + MINUTE },
  ],
  [
    'rearmed after its message was dead-lettered',
    nextRow(scheduled, {
      name: 'rearm',
      at: NOON,
      by: 'system:dead-letters',
      dueAt: NOON + MINUTE,
      reason: 'DeadLettered: it died',
    }),
    ['rearmed'],
    /the task wakes again at .*: DeadLettered: it died/,
    { next: NOON + MINUTE },
  ],
  [
    'interrupted by the stop of its process',
    nextRow(running, { name: 'rearm', ...worker, dueAt: NOON, code: 'Interrupted', reason: 'the process stops' }),
    ['due'],
    /on the way to lane normal; the last attempt was interrupted: the process stops$/,
    { next: NOON },
  ],
  [
    'past its deadline',
    nextRow(undefined, create({ expiresAt: NOON + MINUTE })),
    ['overdue', 'deadline'],
    /the task has been due for 5m/,
    { now: NOON + 5 * MINUTE },
  ],
  [
    'of another environment',
    nextRow(undefined, create({ environmentId: 'production' })),
    ['foreignEnvironment', 'due'],
    /the task was created in environment production; this is environment test/,
  ],
  [
    'held because it is of another environment',
    nextRow(undefined, create({ environmentId: 'production', ready: false })),
    ['foreignEnvironment'],
    /the task was created in environment production/,
  ],
  [
    'on a lane that is not deployed',
    scheduled,
    ['unknownLane', 'due'],
    /lane normal is not deployed/,
    { context: { isLaneDeployed: false } },
  ],
  ['of a type that is not registered', scheduled, ['due', 'unknownType'], /due/, { context: { isTypeRegistered: false } }],
  [
    'with a maximum age',
    nextRow(undefined, create({ policy: { ...POLICY, retry: { policy: 'none', maxAgeMs: MINUTE } } })),
    ['due', 'deadline'],
    /due/,
  ],
  [
    'running',
    running,
    ['running'],
    /attempt 1 has been running on worker:w1 since .*; its timeout is at .*12:00:30/,
    { next: NOON + 30_000 },
  ],
  ['running beyond its timeout', running, ['running'], /attempt 1/, { now: NOON + 31_000, next: NOON + LEASE_MS }],
  [
    'running with a cancel request',
    nextRow(running, { name: 'cancel', at: NOON, ...ALICE, retentionMs: RETENTION_MS }),
    ['cancelRequested', 'running'],
    /user:alice has requested to cancel the task; the task ends when its handler stops/,
  ],
  [
    'running on a worker that is lost',
    running,
    ['overdue', 'running'],
    /the worker has not reported a result, and its lease ended at/,
    { now: NOON + LEASE_MS + MINUTE, next: late(NOON + LEASE_MS, NOON + LEASE_MS + MINUTE) },
  ],
  ['waiting for a signal', rowIn('waiting'), ['waiting'], /the task waits for a resume$/, { next: 'never' }],
  [
    'waiting for some time',
    nextRow(running, { name: 'wait', ...worker, dueAt: NOON + MINUTE, reason: 'the approval' }),
    ['waiting'],
    /until 2026-11-21T12:01:00.000Z at the latest: the approval/,
    { next: NOON + MINUTE },
  ],
  [
    'waiting for too long',
    nextRow(running, { name: 'wait', ...worker, dueAt: NOON + MINUTE }),
    ['overdue', 'waiting'],
    /the wait of the task was over at 2026-11-21T12:01:00.000Z; a sweep/,
    { now: NOON + 3 * MINUTE },
  ],
]

describe('the explanation of an open task', () => explained(CASES))
