import { describe, expect, test } from 'vitest'
import { isRefusal } from '../../../core/refusal.ts'
import type { TaskCommand } from '../../../core/task/command.ts'
import { decideTask } from '../../../core/task/decide.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { commandOf, create, KEY, LATER, LEASE_MS, NOON, nextRow, rowIn } from './rows.ts'

const by = { at: LATER, by: 'user:alice' }
const worker = { at: NOON + 5, by: 'worker:w1' }
const error = { code: 'Broken', message: 'it broke', retriable: true }
const scheduled = nextRow(undefined, create())
const running = nextRow(scheduled, commandOf('claim', scheduled, NOON))
const claim = { epoch: running.epoch, attempt: running.attempt }
const expiring = rowIn('scheduled')
const waiting = rowIn('waiting')
const blocked = nextRow(scheduled, commandOf('block', scheduled, NOON))
const watched = nextRow(scheduled, commandOf('watch', scheduled, NOON))

describe('a refusal says what is wrong and how the task is', () => {
  const until = '2026-11-21T12:01:10.000Z'
  const refusals: readonly (readonly [string, TaskRow | undefined, TaskCommand, object])[] = [
    ['no task', undefined, { name: 'hold', ...by }, { refused: 'unknown', message: 'task task1 does not exist' }],
    [
      'a second creation',
      running,
      create(),
      { refused: 'exists', message: 'task task1 exists already in state running', state: 'running' },
    ],
    [
      'a command that the state does not allow',
      waiting,
      { name: 'hold', ...by },
      { refused: 'notAllowed', message: 'task task1 is waiting; hold is not allowed in this state', state: 'waiting' },
    ],
    [
      'a command to a task that has ended',
      rowIn('succeeded'),
      { name: 'redrive', ...by },
      { refused: 'finished', message: 'task task1 is succeeded; redrive is not allowed in this state', state: 'succeeded' },
    ],
    [
      'a command to a cancelled task',
      rowIn('cancelled'),
      { name: 'hold', ...by },
      { refused: 'cancelled', message: 'task task1 is cancelled; hold is not allowed in this state', state: 'cancelled' },
    ],
    [
      'a command after a cancel request',
      { ...running, cancelRequested: true },
      { name: 'retry', ...worker, claim, error, dueAt: LATER },
      {
        refused: 'notAllowed',
        message: 'task task1 has a cancel request, so it can only end; retry is not allowed',
        state: 'running',
      },
    ],
    [
      'a result of an older claim',
      running,
      { name: 'succeed', ...worker, claim: { epoch: 1, attempt: 7 }, retentionMs: 1 },
      {
        refused: 'fenced',
        message: 'attempt 7 of task task1 has lost its claim; the current attempt is 1',
        state: 'running',
      },
    ],
    [
      'a result of an older epoch',
      running,
      { name: 'succeed', ...worker, claim: { epoch: 7, attempt: 1 }, retentionMs: 1 },
      {
        refused: 'fenced',
        message: 'attempt 1 of task task1 has lost its claim; the current attempt is 1',
        state: 'running',
      },
    ],
    [
      'an old nudge',
      scheduled,
      { name: 'claim', ...by, epoch: 7, owner: 'w', leaseMs: 1 },
      { refused: 'superseded', message: 'the nudge has epoch 7; the current epoch of task task1 is 1', state: 'scheduled' },
    ],
    [
      'an early claim',
      scheduled,
      { name: 'claim', ...by, at: NOON - 1, epoch: 1, owner: 'w', leaseMs: 1 },
      {
        refused: 'early',
        message: 'task task1 is not due before 2026-11-21T12:00:00.000Z',
        state: 'scheduled',
        retryAt: NOON,
      },
    ],
    [
      'a claim after the deadline',
      expiring,
      { name: 'claim', ...by, epoch: 1, owner: 'w', leaseMs: 1 },
      {
        refused: 'notAllowed',
        message: 'task task1 did not start before its deadline 2026-11-21T13:00:00.000Z and can only expire',
        state: 'scheduled',
      },
    ],
    [
      'a claim of a blocked task',
      blocked,
      { name: 'claim', ...by, epoch: 2, owner: 'w', leaseMs: 1 },
      {
        refused: 'superseded',
        message: 'task task1 is blocked at gate acme/key.one until the gate admits it',
        state: 'scheduled',
      },
    ],
    [
      'a claim of a leased task',
      running,
      { name: 'claim', ...by, at: NOON, epoch: 1, owner: 'w', leaseMs: 1 },
      { refused: 'leased', message: `task task1 is held by a worker until ${until}`, state: 'running', retryAt: NOON + LEASE_MS },
    ],
    ...(['hold', 'block', 'rearm', 'fail'] as const).map(
      (verb) =>
        [
          `${verb} of a leased task`,
          running,
          commandOf(verb, running, NOON),
          {
            refused: 'leased',
            message: `task task1 is held by a worker until ${until}`,
            state: 'running',
            retryAt: NOON + LEASE_MS,
          },
        ] as const,
    ),
    [
      'an admission at another gate',
      blocked,
      { name: 'admit', ...by, gate: 'acme/tenant' },
      { refused: 'notAllowed', message: 'task task1 is not blocked at gate acme/tenant', state: 'scheduled' },
    ],
    [
      'a second watch',
      watched,
      { name: 'watch', ...by },
      { refused: 'unchanged', message: 'task task1 is on the watch already', state: 'scheduled' },
    ],
    [
      'an early expiry',
      expiring,
      { name: 'expire', ...by, at: NOON, retentionMs: 1 },
      { refused: 'early', message: 'task task1 does not expire before 2026-11-21T13:00:00.000Z', state: 'scheduled' },
    ],
    [
      'an expiry without a deadline',
      scheduled,
      { name: 'expire', ...by, retentionMs: 1 },
      { refused: 'early', message: 'task task1 has no deadline', state: 'scheduled' },
    ],
    [
      'an amendment of a task that has started',
      { ...scheduled, attempt: 1 },
      { name: 'amend', ...by, amendment: {} },
      {
        refused: 'notAllowed',
        message: 'task task1 has started; only a task that has never started can be amended',
        state: 'scheduled',
      },
    ],
  ]
  test.each(refusals)('%s', (_, row, command, refusal) => {
    const answer = decideTask(KEY, row, command)
    expect(isRefusal(answer)).toBe(true)
    expect(answer).toEqual(refusal)
  })
})
