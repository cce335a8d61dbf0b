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

describe('what a worker says of its attempt', () => {
  const asked: TaskRow = { ...running, cancelRequested: true }
  const rows: readonly (readonly [string, Result, TaskRow, object])[] = [
    ['a value succeeds', { came: 'succeeded', output: { inline: 1 } }, running, { name: 'succeed', output: { inline: 1 } }],
    [
      'a retriable error waits as the policy says',
      { came: 'failed', error: broken(true) },
      running,
      { name: 'retry', dueAt: NOON + 60_000 },
    ],
    [
      'a delay of the handler outranks the policy',
      { came: 'failed', error: broken(true), delayMs: 5 },
      running,
      { name: 'retry', dueAt: NOON + 5 },
    ],
    ['an error that no repeat can mend fails', { came: 'failed', error: broken(false) }, running, { name: 'fail' }],
    ['the last attempt fails', { came: 'failed', error: broken(true) }, { ...running, attempt: 3 }, { name: 'fail' }],
    [
      'lost workers do not count as attempts',
      { came: 'failed', error: broken(true) },
      { ...running, attempt: 4, losses: 2 },
      { name: 'retry' },
    ],
    ['nor do snoozes', { came: 'failed', error: broken(true) }, { ...running, attempt: 9, snoozes: 7 }, { name: 'retry' }],
    ['a snooze comes back', { came: 'snoozed', delayMs: 7 }, running, { name: 'snooze', dueAt: NOON + 7 }],
    [
      'too many snoozes fail',
      { came: 'snoozed', delayMs: 7 },
      { ...running, snoozes: LIMITS.snoozesCount },
      { name: 'fail', error: { code: 'SnoozedTooOften' } },
    ],
    ['a wait has its deadline', { came: 'waiting', forMs: 9 }, running, { name: 'wait', dueAt: NOON + 9 }],
    ['a conflict ends', { came: 'conflicted', error: broken(false) }, running, { name: 'conflict' }],
    [
      'one that is to be cancelled obeys rather than try again',
      { came: 'failed', error: broken(true) },
      asked,
      { name: 'cancel' },
    ],
    ['… or sleep', { came: 'snoozed', delayMs: 7 }, asked, { name: 'cancel' }],
    ['… but what has succeeded has succeeded', { came: 'succeeded' }, asked, { name: 'succeed' }],
  ]
  test.each(rows)('%s', (_, result, row, command) => {
    expect(settled(result, row)).toMatchObject({ ...command, claim: claimOf(row) })
  })

  test('a wait without a deadline has no due time', () => expect(settled({ came: 'waiting' })).not.toHaveProperty('dueAt'))
})
