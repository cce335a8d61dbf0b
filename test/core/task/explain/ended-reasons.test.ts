import { describe, expect } from 'vitest'
import { iso } from '../../../../core/instant.ts'
import type { TaskRow } from '../../../../core/task/row.ts'
import { NOON, nextRow, quarantined, rowIn } from '../rows.ts'
import { ALICE, error, failedBy, running, scheduled, type WholeCase, whole, worker } from './cases.ts'

describe('the reasons of an ended task, with their times and facts', () => {
  const ended = NOON + 7
  const at = (row: TaskRow): TaskRow => ({ ...row, finishedAt: ended })
  const plain = { code: 'Bad', message: 'it broke', retriable: false }

  whole([
    [
      'succeeded',
      at(rowIn('succeeded')),
      NOON,
      [{ code: 'succeeded', message: `attempt 1 succeeded at ${iso(ended)}`, since: ended, data: { attempts: 1 } }],
    ],
    [
      'failed, with a failure task that failed too',
      at(failedBy(plain)),
      NOON,
      [
        {
          code: 'failed',
          message: 'Bad: it broke (the error is not retriable)',
          since: ended,
          data: { cause: 'notRetriable', attempts: 1, error: plain },
        },
        { code: 'failureTask', message: 'the failure task f1 is failed: Bad: it broke', data: { task: 'f1', state: 'failed' } },
      ],
      { failureTask: { id: 'f1', state: 'failed', error: plain } },
    ],
    ...(
      [
        ['WorkerLost', 'workersLost', 'the task has lost the maximum number of workers'],
        ['DeadLettered', 'deadLettered', 'the message of the task was dead-lettered the maximum number of times'],
        ['UnknownLane', 'unknownLane', 'the lane of the task is not deployed'],
        ['WaitTimeout', 'waitTimeout', 'the wait of the task timed out'],
        ['SnoozedTooOften', 'snoozedTooOften', 'the handler snoozed the task the maximum number of times'],
        ['GateBusy', 'gateBusy', 'the gate was busy, and onBusy of the task is fail'],
        ['TooOld', 'tooOld', 'the task was too old to start'],
        ['Bad', 'outOfAttempts', '1 of 3 attempts have been made'],
      ] as const
    ).map(
      ([code, cause, words]): WholeCase => [
        `failed as ${code}`,
        at(failedBy(error(code, true))),
        NOON,
        [
          {
            code: 'failed',
            message: `${code}: it broke (${words})`,
            since: ended,
            data: { cause, attempts: 1, error: error(code, true) },
          },
        ],
      ],
    ),
    [
      'failed without an error',
      (({ error: _, ...row }) => row)(at(rowIn('failed'))),
      NOON,
      [
        {
          code: 'failed',
          message: 'the task failed (the error is not retriable)',
          since: ended,
          data: { cause: 'notRetriable', attempts: 1 },
        },
      ],
    ],
    [
      'conflicted',
      at(rowIn('conflicted')),
      NOON,
      [{ code: 'conflicted', message: 'the handler reported a conflict: it broke', since: ended }],
    ],
    [
      'cancelled',
      at(nextRow(scheduled, { name: 'cancel', at: NOON, ...ALICE, retentionMs: 1 })),
      NOON,
      [{ code: 'cancelled', message: 'the task was cancelled by user:alice', since: ended, data: { by: 'user:alice' } }],
    ],
    [
      'cancelled, for an unknown reason',
      { ...at(rowIn('cancelled')), history: [] },
      NOON,
      [
        {
          code: 'cancelled',
          message: 'the task was cancelled by an unknown actor',
          since: ended,
          data: { by: 'an unknown actor' },
        },
      ],
    ],
    ['skipped', at(rowIn('skipped')), NOON, [{ code: 'skipped', message: 'the task was skipped by worker:w1', since: ended }]],
    [
      'skipped after a reschedule',
      at(
        nextRow(nextRow(scheduled, { name: 'reschedule', at: NOON, by: 'user:bob', notBefore: NOON }), {
          name: 'skip',
          at: NOON,
          by: 'system:gate',
          reason: 'gate one was busy',
          retentionMs: 1,
        }),
      ),
      NOON,
      [{ code: 'skipped', message: 'the task was skipped by system:gate: gate one was busy', since: ended }],
    ],
    [
      'conflicted without an error',
      (({ error: _, ...row }) => row)(at(rowIn('conflicted'))),
      NOON,
      [{ code: 'conflicted', message: 'the handler reported a conflict: ', since: ended }],
    ],
    [
      'unreadable',
      at(quarantined()),
      NOON,
      [expect.objectContaining({ data: expect.objectContaining({ cause: 'unreadable' }) })],
    ],
    [
      'failed by its attempts, although it has a maximum age',
      at(failedBy(error('Bad', true), {}, { ...running, retry: { policy: 'fixed', waitMs: 1, attempts: 1, maxAgeMs: 1 } })),
      NOON,
      [expect.objectContaining({ message: 'Bad: it broke (1 of 1 attempts have been made)' })],
    ],
    [
      'cancelled by a request that was not the last command',
      at(
        nextRow(
          nextRow(nextRow(running, { name: 'cancel', at: NOON, ...ALICE, retentionMs: 1 }), {
            name: 'watch',
            at: NOON,
            by: 'system:sweep',
          }),
          {
            name: 'cancel',
            ...worker,
            retentionMs: 1,
          },
        ),
      ),
      NOON,
      [expect.objectContaining({ message: 'the task was cancelled by user:alice: cancel requested' })],
    ],
    [
      'skipped, for an unknown reason',
      { ...at(rowIn('skipped')), history: [] },
      NOON,
      [{ code: 'skipped', message: 'the task was skipped by an unknown actor', since: ended }],
    ],
    [
      'expired, at an unknown deadline',
      (({ expiresAt: _, ...row }) => row)(at(rowIn('expired'))),
      NOON,
      [
        {
          code: 'expired',
          message: `the task did not start before its deadline, which was over at ${iso(ended)}`,
          since: ended,
        },
      ],
    ],
  ])
})
