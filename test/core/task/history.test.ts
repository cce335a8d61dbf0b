import { describe, expect, test } from 'vitest'
import { attemptsOf } from '../../../core/task/attempts.ts'
import type { TaskCommand } from '../../../core/task/command.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { commandOf, create, KEY, LATER, NOON, nextRow, POLICY, rowIn } from './rows.ts'

const by = { at: LATER, by: 'user:alice' }
const worker = { at: NOON + 5, by: 'worker:w1' }
const error = { code: 'Broken', message: 'it broke', retriable: true }
const HOUR = 3_600_000
const scheduled = nextRow(undefined, create())
const running = nextRow(scheduled, { ...commandOf('claim', scheduled, NOON), by: 'worker:w2' } as TaskCommand)
/** The author of a claim by `commandOf`. */
const BY_CLAIM = 'worker:w2'
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

describe('the attempts of a task', () => {
  const again = (row: TaskRow): TaskRow => nextRow(row, { ...commandOf('claim', row, LATER), by: BY_CLAIM } as TaskCommand)
  const ends: readonly (readonly [string, TaskCommand, string, object?])[] = [
    ['a result', { name: 'succeed', ...worker, claim, retentionMs: 1 }, 'succeeded'],
    ['an error', { name: 'retry', ...worker, claim, error, dueAt: LATER }, 'retried', { code: 'Broken', message: 'it broke' }],
    [
      'the last error',
      { name: 'fail', ...worker, claim, error, retentionMs: 1 },
      'failed',
      { code: 'Broken', message: 'it broke' },
    ],
    ['a snooze', { name: 'snooze', ...worker, claim, dueAt: LATER }, 'snoozed'],
    ['a wait', { name: 'wait', ...worker, claim }, 'waiting'],
    [
      'a conflict',
      { name: 'conflict', ...worker, claim, error, retentionMs: 1 },
      'conflicted',
      { code: 'Broken', message: 'it broke' },
    ],
    ['a confirmed cancel', { name: 'cancel', ...worker, claim, retentionMs: 1 }, 'cancelled'],
    ['an interruption', { name: 'rearm', ...worker, claim, dueAt: LATER, code: 'Interrupted', reason: 'a stop' }, 'interrupted'],
    ['a lost worker', { name: 'rearm', ...by, dueAt: LATER, code: 'DeadLettered', reason: 'x' }, 'lost'],
    [
      'the loss of the last worker',
      { name: 'fail', ...by, error, retentionMs: 1 },
      'lost',
      { code: 'Broken', message: 'it broke' },
    ],
  ]
  test.each(ends.map(([name, command, outcome, shown]) => ({ name, command, outcome, shown })))(
    'have the outcome of their end: $name',
    ({ command, outcome, shown }) => {
      const { attempts, older } = attemptsOf(
        nextRow(running, { ...command, by: command.by === worker.by ? BY_CLAIM : command.by }),
      )
      expect(attempts).toEqual([
        { attempt: 1, startedAt: NOON, endedAt: command.at, outcome, owner: 'w2', ...(shown ? { error: shown } : {}) },
      ])
      expect(older).toEqual({ count: 0, losses: 0, snoozes: 0, interruptions: 0 })
    },
  )

  test('have their own errors, the newest one in full', () => {
    const long = (text: string) => ({ ...error, message: text.repeat(5_000) })
    const first = nextRow(running, { name: 'retry', ...worker, by: BY_CLAIM, claim, error: long('a'), dueAt: NOON })
    const second = again(first)
    const done = nextRow(second, {
      name: 'retry',
      at: LATER,
      by: BY_CLAIM,
      claim: { epoch: second.epoch, attempt: 2 },
      error: long('b'),
      dueAt: LATER,
    })
    const [newest, oldest] = attemptsOf(done).attempts
    expect(newest?.error?.message).toBe('b'.repeat(5_000))
    expect(oldest?.error?.message).toMatch(/^a+$/)
    expect(oldest?.error?.message.length).toBeLessThan(5_000)
  })

  test('that run have no end', () => {
    expect(attemptsOf(running).attempts).toEqual([{ attempt: 1, startedAt: NOON, outcome: 'running', owner: 'w2' }])
  })
})
