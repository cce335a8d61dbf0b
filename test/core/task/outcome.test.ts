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

  test('a wait without a deadline has no due time', () => expect(settled({ outcome: 'waiting' })).not.toHaveProperty('dueAt'))
})
