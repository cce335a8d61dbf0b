import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { claimOf } from '../../../core/task/command.ts'
import { type Result, settle } from '../../../core/task/outcome.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { NOON, RETENTION_MS, rowIn } from './rows.ts'

const running = rowIn('running')
const settled = (result: Result, row: TaskRow = running) =>
  settle(row, claimOf(row), result, { at: NOON, by: 'worker:w1' }, RETENTION_MS)
const broken = (retriable: boolean) => ({ code: 'Broken', message: 'it broke', retriable })

describe('the command for the result of an attempt', () => {
  const asked: TaskRow = { ...running, cancelRequested: true }
  const rows: readonly (readonly [string, Result, TaskRow, object])[] = [
    [
      'a value ends the task as succeeded',
      { outcome: 'succeeded', output: { inline: 1 } },
      running,
      { name: 'succeed', output: { inline: 1 } },
    ],
    [
      'a retriable error is retried after the wait of the policy',
      { outcome: 'failed', error: broken(true) },
      running,
      { name: 'retry', dueAt: NOON + 60_000 },
    ],
    [
      'a delay of the handler has precedence over the policy',
      { outcome: 'failed', error: broken(true), delayMs: 5 },
      running,
      { name: 'retry', dueAt: NOON + 5 },
    ],
    ['an error that is not retriable fails the task', { outcome: 'failed', error: broken(false) }, running, { name: 'fail' }],
    [
      'an error of the last attempt fails the task',
      { outcome: 'failed', error: broken(true) },
      { ...running, attempt: 3 },
      { name: 'fail' },
    ],
    [
      'lost workers do not count as attempts',
      { outcome: 'failed', error: broken(true) },
      { ...running, attempt: 4, losses: 2 },
      { name: 'retry' },
    ],
    [
      'snoozes do not count as attempts',
      { outcome: 'failed', error: broken(true) },
      { ...running, attempt: 9, snoozes: 7 },
      { name: 'retry' },
    ],
    ['a snooze is due after its delay', { outcome: 'snoozed', delayMs: 7 }, running, { name: 'snooze', dueAt: NOON + 7 }],
    [
      'too many snoozes fail the task',
      { outcome: 'snoozed', delayMs: 7 },
      { ...running, snoozes: LIMITS.snoozesCount },
      { name: 'fail', error: { code: 'SnoozedTooOften' } },
    ],
    ['a wait ends at its deadline', { outcome: 'waiting', forMs: 9 }, running, { name: 'wait', dueAt: NOON + 9 }],
    ['a conflict ends the task', { outcome: 'conflicted', error: broken(false) }, running, { name: 'conflict' }],
    [
      'a task with a cancel request is cancelled instead of retried',
      { outcome: 'failed', error: broken(true) },
      asked,
      { name: 'cancel' },
    ],
    [
      'a task with a cancel request is cancelled instead of snoozed',
      { outcome: 'snoozed', delayMs: 7 },
      asked,
      { name: 'cancel' },
    ],
    ['a task with a cancel request can still succeed', { outcome: 'succeeded' }, asked, { name: 'succeed' }],
  ]
  test.each(rows)('%s', (_, result, row, command) => {
    expect(settled(result, row)).toMatchObject({ ...command, claim: claimOf(row) })
  })

  const by = { at: NOON, by: 'worker:w1', claim: claimOf(running) }
  const fail = { name: 'fail', ...by, retentionMs: RETENTION_MS }
  const listed: TaskRow = { ...running, retry: { policy: 'fixed', waitMs: 1, attempts: 3, retriable: [{ name: 'Busy' }] } }
  test.each<readonly [string, Result, TaskRow, object]>([
    ['success without an output', { outcome: 'succeeded' }, running, { name: 'succeed', ...by, retentionMs: RETENTION_MS }],
    [
      'a conflict',
      { outcome: 'conflicted', error: broken(false) },
      running,
      { name: 'conflict', ...by, error: broken(false), retentionMs: RETENTION_MS },
    ],
    ['a wait with its reason', { outcome: 'waiting', reason: 'approval' }, running, { name: 'wait', ...by, reason: 'approval' }],
    ['a wait without one', { outcome: 'waiting', forMs: 9, reason: '' }, running, { name: 'wait', ...by, dueAt: NOON + 9 }],
    [
      'a snooze with its reason',
      { outcome: 'snoozed', delayMs: 7, reason: 'limit' },
      running,
      { name: 'snooze', ...by, dueAt: NOON + 7, reason: 'limit' },
    ],
    ['a snooze without one', { outcome: 'snoozed', delayMs: 7 }, running, { name: 'snooze', ...by, dueAt: NOON + 7 }],
    [
      'one snooze too many',
      { outcome: 'snoozed', delayMs: 7 },
      { ...running, snoozes: LIMITS.snoozesCount },
      {
        ...fail,
        error: {
          code: 'SnoozedTooOften',
          message: `the handler snoozed the task ${LIMITS.snoozesCount} times, which is the maximum`,
          retriable: false,
        },
      },
    ],
    ['an error that is not retriable', { outcome: 'failed', error: broken(false) }, running, { ...fail, error: broken(false) }],
    [
      'an error of the last attempt, without a reason of its own',
      { outcome: 'failed', error: broken(true) },
      { ...running, attempt: 3 },
      { ...fail, error: broken(true) },
    ],
    [
      'an error that is not on the list',
      { outcome: 'failed', error: broken(true), thrown: { names: ['Error'] } },
      listed,
      { ...fail, error: broken(false), final: 'not on the list of retriable errors' },
    ],
    [
      'an error that is on the list',
      { outcome: 'failed', error: broken(true), thrown: { names: ['Busy'] } },
      listed,
      { name: 'retry', ...by, error: broken(true), dueAt: NOON + 1 },
    ],
    [
      'an error that the handler has made retriable, whatever the list',
      { outcome: 'failed', error: broken(true) },
      listed,
      { name: 'retry', ...by, error: broken(true), dueAt: NOON + 1 },
    ],
    [
      'an interruption at the end of the function',
      { outcome: 'interrupted', reason: 'the function ends' },
      running,
      { name: 'rearm', ...by, dueAt: NOON, reason: 'the function ends' },
    ],
    [
      'an excused interruption',
      { outcome: 'interrupted', reason: 'a stop', isExcused: true },
      running,
      { name: 'rearm', ...by, dueAt: NOON, reason: 'a stop', code: 'Interrupted' },
    ],
    [
      'a failure after a cancel request',
      { outcome: 'failed', error: broken(true) },
      asked,
      { name: 'cancel', ...by, reason: 'cancelled while running', retentionMs: RETENTION_MS },
    ],
    [
      'a conflict after a cancel request',
      { outcome: 'conflicted', error: broken(false) },
      asked,
      { name: 'conflict', ...by, error: broken(false), retentionMs: RETENTION_MS },
    ],
  ])('is, with all its fields: %s', (_, result, row, command) =>
    expect(settled(result, row)).toEqual({ ...command, claim: claimOf(row) }),
  )

  test('a wait without a deadline has no due time', () => expect(settled({ outcome: 'waiting' })).not.toHaveProperty('dueAt'))
})
