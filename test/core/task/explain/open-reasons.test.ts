import { describe, expect } from 'vitest'
import { iso } from '../../../../core/instant.ts'
import { LIMITS } from '../../../../core/limits.ts'
import { create, LEASE_MS, NOON, nextRow } from '../rows.ts'
import { ALICE, error, MINUTE, running, scheduled, soon, type WholeCase, whole, worker } from './cases.ts'

const retried = nextRow(running, { name: 'retry', ...worker, error: error('Busy', true), dueAt: NOON + MINUTE })
const waiting = nextRow(running, { name: 'wait', ...worker, dueAt: NOON + MINUTE })
const asked = nextRow(running, { name: 'cancel', at: NOON + 1, ...ALICE, retentionMs: 1 })
const late = NOON + 5 * MINUTE
const LEASE_END = NOON + LEASE_MS
const swept = (at: number) => iso(at + LIMITS.sweepEveryMs)

describe('the reasons of an open task, with their times and facts', () => {
  whole([
    [
      'not ready',
      nextRow(undefined, create({ ready: false })),
      NOON,
      [
        {
          code: 'notReady',
          message: 'the task was left not ready by user:test; the task does not run until it is made ready',
          since: NOON,
          data: { by: 'user:test' },
        },
      ],
    ],
    [
      'not ready, for an unknown reason',
      { ...nextRow(undefined, create({ ready: false })), history: [] },
      NOON,
      [
        {
          code: 'notReady',
          message: 'the task was left not ready by an unknown actor; the task does not run until it is made ready',
        },
      ],
    ],
    [
      'of another environment, on a lane that is not deployed, of a type that is not registered',
      nextRow(undefined, create({ environmentId: 'blue' })),
      NOON,
      [
        {
          code: 'foreignEnvironment',
          message:
            'the task was created in environment blue; this is environment test, where the task does not run until it is made ready',
          data: { environmentId: 'blue' },
        },
        {
          code: 'unknownLane',
          message: 'lane normal is not deployed, so no message can reach the task',
          data: { lane: 'normal' },
        },
        { code: 'due', message: 'the task is due, and its message is on the way to lane normal', since: NOON },
        {
          code: 'unknownType',
          message: 'task type greet is not registered in this deployment; attempts of the task fail as UnknownType',
          data: { type: 'greet' },
        },
      ],
      { isLaneDeployed: false, isTypeRegistered: false },
    ],
    [
      'running',
      running,
      NOON,
      [
        {
          code: 'running',
          message: `attempt 1 has been running on worker:w1 since ${iso(NOON)}; its timeout is at ${iso(NOON + 30_000)}`,
          since: NOON,
          until: NOON + 30_000,
          data: { attempt: 1, worker: 'worker:w1' },
        },
      ],
    ],
    [
      'running on a lost worker',
      running,
      LEASE_END,
      [
        {
          code: 'overdue',
          message: `the worker has not reported a result, and its lease ended at ${iso(LEASE_END)}; the message is delivered again, or a sweep checks the task by ${swept(LEASE_END + 2 * MINUTE)}`,
          since: LEASE_END,
          data: { sweepAt: swept(LEASE_END + 2 * MINUTE) },
        },
        {
          code: 'running',
          message: `attempt 1 has been running on worker:w1 since ${iso(NOON)}; its timeout was over at ${iso(NOON + 30_000)}`,
          since: NOON,
          data: { attempt: 1, worker: 'worker:w1' },
        },
      ],
    ],
    [
      'with a cancel request',
      asked,
      NOON + 1,
      [
        {
          code: 'cancelRequested',
          message: 'user:alice has requested to cancel the task; the task ends when its handler stops',
          since: NOON + 1,
          data: { by: 'user:alice' },
        },
        expect.objectContaining({ code: 'running' }),
      ],
    ],
    [
      'with a cancel request that the history does not have any more',
      { ...asked, history: [] },
      NOON + 1,
      [
        {
          code: 'cancelRequested',
          message: 'an unknown actor has requested to cancel the task; the task ends when its handler stops',
        },
        expect.objectContaining({ code: 'running' }),
      ],
    ],
    [
      'waiting',
      waiting,
      NOON,
      [
        {
          code: 'waiting',
          message: `the task waits for a resume, until ${iso(NOON + MINUTE)} at the latest`,
          since: NOON,
          until: NOON + MINUTE,
        },
      ],
    ],
    [
      'waiting for too long',
      waiting,
      late,
      [
        {
          code: 'overdue',
          message: `the wait of the task was over at ${iso(NOON + MINUTE)}; a sweep checks the task by ${swept(late)}`,
          since: NOON + MINUTE,
          data: { sweepAt: swept(late) },
        },
        { code: 'waiting', message: 'the task waits for a resume', since: NOON },
      ],
    ],
    [
      'before its time',
      soon,
      NOON,
      [{ code: 'beforeItsTime', message: `the task is due at ${iso(NOON + MINUTE)}`, until: NOON + MINUTE }],
    ],
    [
      'snoozed',
      nextRow(running, { name: 'snooze', ...worker, dueAt: NOON + MINUTE }),
      NOON,
      [
        {
          code: 'snoozed',
          message: `the handler asked to run again at ${iso(NOON + MINUTE)}`,
          since: NOON,
          until: NOON + MINUTE,
        },
      ],
    ],
    [
      'rearmed',
      nextRow(scheduled, { name: 'rearm', at: NOON, by: 'system:sweep', dueAt: NOON + MINUTE, code: 'X', reason: 'lost' }),
      NOON,
      [
        {
          code: 'rearmed',
          message: `the task wakes again at ${iso(NOON + MINUTE)}: X: lost`,
          since: NOON,
          until: NOON + MINUTE,
        },
      ],
    ],
    [
      'between two attempts',
      retried,
      NOON,
      [
        {
          code: 'retrying',
          message: `1 of 3 attempts have been made; the next attempt is at ${iso(NOON + MINUTE)}, after the error Busy: it broke`,
          since: NOON,
          until: NOON + MINUTE,
          data: { attempts: 1, attemptsMost: 3, error: { code: 'Busy', message: 'it broke', retriable: true } },
        },
      ],
    ],
    [
      'overdue',
      scheduled,
      late,
      [
        {
          code: 'overdue',
          message: `the task has been due for 5m: its message waits behind other messages in lane normal, or was lost; a sweep checks the task by ${swept(late)}`,
          since: NOON,
          data: { lateMs: 5 * MINUTE, sweepAt: swept(late) },
        },
      ],
    ],
    [
      'with a deadline and a maximum age',
      {
        ...soon,
        expiresAt: NOON + 2 * MINUTE,
        retry: { policy: 'none', maxAgeMs: 2 * MINUTE },
      },
      NOON,
      [
        expect.objectContaining({ code: 'beforeItsTime' }),
        {
          code: 'deadline',
          message: `the task expires if it has not started by ${iso(NOON + 2 * MINUTE)}`,
          until: NOON + 2 * MINUTE,
        },
        {
          code: 'deadline',
          message: `no attempt may start after ${iso(NOON + 3 * MINUTE)} (maxAge 2m)`,
          until: NOON + 3 * MINUTE,
        },
      ],
    ],
    ...[running, waiting].map(
      (row): WholeCase => [
        `${row.state}, whatever its maximum age`,
        { ...row, retry: { policy: 'none', maxAgeMs: 2 * MINUTE } },
        NOON,
        [expect.objectContaining({ code: row.state })],
      ],
    ),
    [
      'after both',
      { ...soon, expiresAt: NOON + 2 * MINUTE, retry: { policy: 'none', maxAgeMs: 2 * MINUTE } },
      late,
      [
        expect.objectContaining({ code: 'overdue' }),
        {
          code: 'deadline',
          message: `the deadline of the task was over at ${iso(NOON + 2 * MINUTE)}, so it ends when it is woken`,
          since: NOON + 2 * MINUTE,
        },
        {
          code: 'deadline',
          message: `the maximum age of the task was over at ${iso(NOON + 3 * MINUTE)}, so it ends when it is woken`,
          since: NOON + 3 * MINUTE,
        },
      ],
    ],
  ])
})
