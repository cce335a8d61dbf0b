import { describe, expect, test } from 'vitest'
import type { TaskCommand } from '../../../core/task/command.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { commandOf, create, KEY, LATER, NOON, nextRow, POLICY, rowIn } from './rows.ts'

const by = { at: LATER, by: 'user:alice' }
const worker = { at: NOON + 5, by: 'worker:w1' }
const error = { code: 'Broken', message: 'it broke', retriable: true }
const HOUR = 3_600_000
const scheduled = nextRow(undefined, create())
const running = nextRow(scheduled, commandOf('claim', scheduled, NOON))
const claim = { epoch: running.epoch, attempt: running.attempt }

describe('the entry of a command in the history', () => {
  const entryAfter = (row: TaskRow, command: TaskCommand) => nextRow(row, command).history.at(-1)

  test.each<readonly [string, TaskRow, TaskCommand, object]>([
    ['has nothing more when nothing is known', scheduled, { name: 'hold', ...by }, { state: 'pending' }],
    ['has the reason', scheduled, { name: 'hold', ...by, reason: 'because' }, { state: 'pending', reason: 'because' }],
    [
      'has the error of the attempt, and why no further one follows',
      running,
      { name: 'fail', ...worker, claim, error, final: 'too late', retentionMs: 1 },
      { state: 'failed', code: 'Broken', reason: 'it broke', final: 'too late' },
    ],
    [
      'has the code of a rearm',
      scheduled,
      { name: 'rearm', ...by, dueAt: LATER, code: 'DeadLettered', reason: 'no memory' },
      { state: 'scheduled', code: 'DeadLettered', reason: 'no memory' },
    ],
    [
      'says that a cancel is only a request',
      running,
      { name: 'cancel', ...by, retentionMs: 1 },
      { state: 'running', reason: 'cancel requested' },
    ],
    ['of a cancel that ends the task', scheduled, { name: 'cancel', ...by, retentionMs: 1 }, { state: 'cancelled' }],
    ['has the attempts before a redrive', rowIn('failed'), { name: 'redrive', ...by }, { state: 'scheduled', attemptsMade: 1 }],
  ])('%s', (_, row, command, more) => {
    expect(entryAfter(row, command)).toEqual({ at: command.at, by: command.by, command: command.name, ...more })
  })

  test('is cut so that code and message fit together', () => {
    const long = { ...error, message: 'x'.repeat(5_000) }
    const entry = entryAfter(running, { name: 'retry', ...worker, claim, error: long, dueAt: LATER })
    const plain = entryAfter(scheduled, { name: 'hold', ...by, reason: 'x'.repeat(5_000) })
    expect(`${entry?.code}: ${entry?.reason}`).toHaveLength(plain?.reason?.length ?? 0)
  })
})

test('the first row of a task has what its creation says, and nothing else', () => {
  expect(scheduled).toEqual({
    ...KEY,
    ...POLICY,
    state: 'scheduled',
    version: 1,
    epoch: 1,
    createdAt: NOON,
    createdBy: 'user:test',
    updatedAt: NOON,
    notBefore: NOON,
    dueAt: NOON,
    attempt: 0,
    losses: 0,
    snoozes: 0,
    input: { inline: { name: 'Ada' } },
    history: [{ at: NOON, by: 'user:test', state: 'scheduled', command: 'create' }],
  })
  const more = {
    expiresAt: NOON + HOUR,
    tags: ['a'],
    onFailure: POLICY,
    failureOf: 'task0',
    requestDigest: 'd',
    environmentId: 'blue',
  }
  expect(nextRow(undefined, create(more))).toEqual({ ...scheduled, ...more })
  expect(nextRow(undefined, create({ tags: [], failureOf: '', requestDigest: '', environmentId: '' }))).toEqual(scheduled)
})

test('the row of an unreadable message has failed', () => {
  const command = { name: 'quarantine', at: NOON, by: 'system:execute', input: { inline: 'x' }, error, retentionMs: 5 } as const
  expect(nextRow(undefined, { ...command, environmentId: 'blue' })).toEqual({
    ...KEY,
    type: 'carillon.quarantine',
    schema: 1,
    lane: 'normal',
    timeoutMs: 1_000,
    retry: { policy: 'none' },
    state: 'failed',
    version: 1,
    epoch: 1,
    createdAt: NOON,
    createdBy: 'system:execute',
    environmentId: 'blue',
    updatedAt: NOON,
    notBefore: NOON,
    finishedAt: NOON,
    forgetAt: NOON + 5,
    attempt: 0,
    losses: 0,
    snoozes: 0,
    input: { inline: 'x' },
    error,
    history: [{ at: NOON, by: 'system:execute', state: 'failed', command: 'quarantine', code: 'Broken', reason: 'it broke' }],
  })
})
