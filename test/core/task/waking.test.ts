import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { nudgeOf } from '../../../core/row/nudge.ts'
import type { ClaimTask } from '../../../core/task/command.ts'
import { decideTask } from '../../../core/task/decide.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { onDeadLetter, onNudge } from '../../../core/task/waking.ts'
import { commandOf, create, KEY, LATER, LEASE_MS, NOON, nextRow, RETENTION_MS, rowIn } from './rows.ts'

const scheduled = nextRow(undefined, create())
const expiring = rowIn('scheduled')
const running = nextRow(scheduled, commandOf('claim', scheduled, NOON))
const blocked = nextRow(scheduled, commandOf('block', scheduled, NOON))
const waiting = nextRow(running, { name: 'wait', at: NOON, by: 'worker:w1', claim: { epoch: 1, attempt: 1 }, dueAt: NOON + 10 })
const owner = running.lease?.owner ?? ''
const claim = { epoch: 1, attempt: 1 }
const DEADLINE = NOON + 3_600_000
const LEASE_END = NOON + LEASE_MS
const lostError = { code: 'WorkerLost', message: 'a worker was lost while running this task', retriable: true }
const lastLoss: TaskRow = { ...running, retry: { policy: 'none', losses: 0 } }
const unstored = (row: TaskRow, of: string) => ({ ...nudgeOf(row, NOON), unstored: of })
const interrupted = {
  name: 'rearm',
  at: NOON + 7,
  by: `worker:${owner}`,
  claim,
  dueAt: NOON + 7,
  reason: 'the store did not take the result of attempt 1',
  code: 'Interrupted',
}

describe('the command of a nudge', () => {
  const on = (row: TaskRow | undefined, at: number, more: Partial<ClaimTask> = {}, nudge = nudgeOf(row ?? scheduled, at)) => {
    const take: ClaimTask = { name: 'claim', at, by: 'worker:w2', epoch: nudge.epoch, owner: 'w2', leaseMs: LEASE_MS, ...more }
    const answer = onNudge(row, nudge, take, RETENTION_MS)
    return answer === take ? 'the claim' : answer
  }

  test.each<readonly [string, TaskRow | undefined, number, unknown]>([
    ['of a due task is the claim', scheduled, NOON, 'the claim'],
    ['of an early task is the claim, which is refused', scheduled, NOON - 1, 'the claim'],
    ['of a blocked task is the claim, which is refused', blocked, LATER, 'the claim'],
    ['of a leased task is the claim, which is refused', running, LEASE_END - 1, 'the claim'],
    ['after a lost worker is the claim', running, LEASE_END, 'the claim'],
    ['of no task is a refusal', undefined, NOON, { refused: 'unknown', message: 'there is no task task1' }],
    [
      'expires a task at its deadline',
      expiring,
      DEADLINE,
      { name: 'expire', at: DEADLINE, by: 'worker:w2', reason: 'not started before the deadline', retentionMs: RETENTION_MS },
    ],
    [
      'expires a pending task too',
      rowIn('pending'),
      DEADLINE,
      { name: 'expire', at: DEADLINE, by: 'worker:w2', reason: 'not started before the deadline', retentionMs: RETENTION_MS },
    ],
    ['before its deadline does not', expiring, DEADLINE - 1, 'the claim'],
    [
      'fails a task whose wait is over',
      waiting,
      NOON + 10,
      {
        name: 'fail',
        at: NOON + 10,
        by: 'worker:w2',
        error: { code: 'WaitTimeout', message: 'the signal did not come in time', retriable: false },
        retentionMs: RETENTION_MS,
      },
    ],
    [
      'before that is a refusal',
      waiting,
      NOON + 9,
      {
        refused: 'early',
        message: 'task task1 is not due before 2026-11-21T12:00:00.010Z',
        state: 'waiting',
        retryAt: NOON + 10,
      },
    ],
    [
      'of a wait without an end is a refusal',
      rowIn('waiting'),
      LATER,
      { refused: 'superseded', message: 'task task1 waits for a signal and has no wake-up', state: 'waiting' },
    ],
    [
      'after the last loss fails the task',
      lastLoss,
      LEASE_END,
      { name: 'fail', at: LEASE_END, by: 'worker:w2', error: lostError, retentionMs: RETENTION_MS },
    ],
    ['before the end of the last lease is the claim', lastLoss, LEASE_END - 1, 'the claim'],
    [
      'after a cancel request and a lost worker cancels the task',
      { ...running, cancelRequested: true },
      LEASE_END,
      {
        name: 'cancel',
        at: LEASE_END,
        by: 'worker:w2',
        claim,
        reason: 'cancel requested; the worker is lost',
        retentionMs: RETENTION_MS,
      },
    ],
  ])('%s', (_, row, at, command) => expect(on(row, at)).toEqual(command))

  test('of a sole process ends a task of another process at once', () => {
    expect(on(lastLoss, NOON, { sole: 'now' })).toMatchObject({ name: 'fail', sole: 'now' })
    const mine = { ...lastLoss, lease: { owner: 'now.1', until: LEASE_END } }
    expect(on(mine, NOON, { sole: 'now' })).toBe('the claim')
  })

  test('holds a due task of another environment, and no other', () => {
    const foreign = { ...scheduled, environmentId: 'blue' }
    const hold = {
      name: 'hold',
      at: NOON,
      by: 'system:execute',
      reason: 'created in environment blue; this is environment green: make the task ready to run it here',
    }
    expect(on(foreign, NOON, { environmentId: 'green' })).toEqual(hold)
    expect(on(foreign, NOON, { environmentId: 'green', sole: 'now' })).toEqual({ ...hold, sole: 'now' })
    expect(on(foreign, NOON - 1, { environmentId: 'green' })).toBe('the claim')
    expect(on(foreign, NOON, { environmentId: 'blue' })).toBe('the claim')
    expect(on(foreign, NOON)).toBe('the claim')
    expect(on(scheduled, NOON, { environmentId: 'green' })).toBe('the claim')
    expect(on({ ...running, environmentId: 'blue' }, NOON, { environmentId: 'green' })).toBe('the claim')
    expect(on({ ...running, environmentId: 'blue' }, LEASE_END, { environmentId: 'green' })).toMatchObject({ name: 'hold' })
    expect(on({ ...blocked, environmentId: 'blue' }, LATER, { environmentId: 'green' })).toBe('the claim')
  })

  test('whose worker could not store its result interrupts that attempt, and no other', () => {
    expect(on(running, NOON + 7, {}, unstored(running, owner))).toEqual(interrupted)
    expect(decideTask(KEY, running, interrupted as never)).toMatchObject({ state: 'scheduled', interruptions: 1, losses: 0 })
    const superseded = (of: string, state: string) => ({
      refused: 'superseded',
      message: `the attempt of worker ${of} of task task1 has ended`,
      state,
    })
    expect(on(running, NOON + 7, {}, unstored(running, 'other'))).toEqual(superseded('other', 'running'))
    const ended = rowIn('succeeded')
    expect(on(ended, NOON + 7, {}, unstored(ended, owner))).toEqual(superseded(owner, 'succeeded'))
  })
})

describe('the command of a dead letter', () => {
  const error = { code: 'DeadLettered', message: 'received 250 times', retriable: true }
  const on = (row: TaskRow | undefined, at: number, nudge = nudgeOf(row ?? scheduled, NOON)) =>
    onDeadLetter(row, nudge, error, { at, by: 'system:dead-letters' }, RETENTION_MS)
  const rearm = (at: number, waitMs: number) => ({
    name: 'rearm',
    at,
    by: 'system:dead-letters',
    code: 'DeadLettered',
    reason: 'received 250 times',
    dueAt: at + waitMs,
  })
  const fail = (at: number, why: object) => ({
    name: 'fail',
    at,
    by: 'system:dead-letters',
    error: why,
    retentionMs: RETENTION_MS,
  })
  const waitMs = LIMITS.redeliveryWaitMs

  test.each<readonly [string, TaskRow | undefined, number, unknown]>([
    ['of no task is a refusal', undefined, NOON, { refused: 'unknown', message: 'there is no task task1' }],
    ['of a due task arms it again', scheduled, NOON, rearm(NOON, waitMs)],
    ['arms it after a longer wait each time', { ...scheduled, redeliveries: 2 }, NOON, rearm(NOON, 16 * waitMs)],
    ['fails a task that never starts', { ...scheduled, redeliveries: LIMITS.redeliveriesCount }, NOON, fail(NOON, error)],
    [
      'of an early task is a refusal, because its wake-up is not lost',
      scheduled,
      NOON - 1,
      { refused: 'early', message: 'task task1 is not due before 2026-11-21T12:00:00.000Z', state: 'scheduled', retryAt: NOON },
    ],
    [
      'of a blocked task is a refusal',
      blocked,
      LATER,
      {
        refused: 'superseded',
        message: 'task task1 is blocked at gate acme/key.one until the gate admits it',
        state: 'scheduled',
      },
    ],
    [
      'of an expired task expires it',
      expiring,
      DEADLINE,
      {
        name: 'expire',
        at: DEADLINE,
        by: 'system:dead-letters',
        reason: 'not started before the deadline',
        retentionMs: RETENTION_MS,
      },
    ],
    ['after a lost worker arms the task again', running, LEASE_END, rearm(LEASE_END, waitMs)],
    ['after the last loss fails it', lastLoss, LEASE_END, fail(LEASE_END, lostError)],
    [
      'of a leased task is a refusal',
      running,
      LEASE_END - 1,
      {
        refused: 'leased',
        message: 'task task1 is held by a worker until 2026-11-21T12:01:10.000Z',
        state: 'running',
        retryAt: LEASE_END,
      },
    ],
    [
      'of a pending task is a refusal before its deadline',
      rowIn('pending'),
      NOON,
      { refused: 'superseded', message: 'task task1 is pending and has no overdue wake-up' },
    ],
    ['of a pending task expires it', rowIn('pending'), DEADLINE, expect.objectContaining({ name: 'expire' })],
    ['of a wait that is over fails it', waiting, NOON + 10, expect.objectContaining({ name: 'fail' })],
    ['of a wait that is not over is a refusal', waiting, NOON + 9, expect.objectContaining({ refused: 'early' })],
    ['of an ended task is a command that the task refuses', rowIn('succeeded'), NOON, fail(NOON, error)],
  ])('%s', (_, row, at, command) => expect(on(row, at)).toEqual(command))

  test('of an older epoch is a refusal while the task is open', () => {
    const old = { ...nudgeOf(scheduled, NOON), epoch: 7 }
    expect(on(scheduled, NOON, old)).toMatchObject({ refused: 'superseded', message: expect.stringContaining('epoch 7') })
    expect(on(rowIn('succeeded'), NOON, old)).toEqual(fail(NOON, error))
  })

  test('whose worker could not store its result interrupts that attempt', () => {
    expect(on(running, NOON + 7, unstored(running, owner))).toEqual(interrupted)
  })
})
