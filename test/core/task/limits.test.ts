import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { nudgeOf } from '../../../core/row/nudge.ts'
import { claimOf, type TaskCommand } from '../../../core/task/command.ts'
import { type Result, settle } from '../../../core/task/outcome.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { onNudge } from '../../../core/task/waking.ts'
import { LEASE_MS, NOON, nextRow, POLICY, RETENTION_MS, rowIn } from './rows.ts'

const HOUR = 3_600_000
const MINUTE = 60_000
/** A task due at noon. Its attempts are a minute apart, and none may start after one o'clock. */
const aging = { ...POLICY, retry: { policy: 'fixed', waitMs: MINUTE, attempts: 100, maxAgeMs: HOUR } } as const
const notOld = { ...rowIn('scheduled'), ...aging, expiresAt: NOON + 10 * HOUR }
const error = { code: 'Busy', message: 'not now', retriable: true }
const why = 'no attempt may start after 2026-11-21T13:00:00.000Z (maxAge 1h)'

const nudged = (row: TaskRow, at: number) => {
  const claim = { name: 'claim', at, by: 'worker:w', epoch: row.epoch, owner: 'w', leaseMs: LEASE_MS } as const
  return onNudge(row, nudgeOf(row, at), claim, RETENTION_MS)
}
const running = (at: number, more: Partial<TaskRow> = {}): TaskRow => ({
  ...rowIn('running'),
  ...aging,
  lease: { owner: 'w1', until: at },
  ...more,
})
const settled = (row: TaskRow, result: Result, at: number): TaskCommand =>
  settle(row, claimOf(row), result, { at, by: 'worker:w1' }, RETENTION_MS)

describe('a task with a maximum age', () => {
  test('starts at its maximum age, and not a millisecond later', () => {
    expect(nudged(notOld, NOON + HOUR)).toMatchObject({ name: 'claim' })
    expect(nudged(notOld, NOON + HOUR + 1)).toMatchObject({
      name: 'fail',
      error: { code: 'TooOld', message: why, retriable: false },
    })
  })

  test('is retried up to that time, and fails with its own error when the next attempt would be later', () => {
    const row = running(NOON + 2 * HOUR)
    expect(settled(row, { outcome: 'failed', error }, NOON + HOUR - MINUTE)).toMatchObject({ name: 'retry', dueAt: NOON + HOUR })
    const late = settled(row, { outcome: 'failed', error }, NOON + HOUR - MINUTE + 1)
    expect(late).toMatchObject({ name: 'fail', error, final: why })
    expect(nextRow(row, late).history.at(-1)).toMatchObject({
      state: 'failed',
      command: 'fail',
      final: why,
      code: 'Busy',
      reason: 'not now',
    })
  })

  test('fails at once when its handler asks for a later attempt', () => {
    const row = running(NOON + 2 * HOUR)
    expect(settled(row, { outcome: 'failed', error, delayMs: 2 * HOUR }, NOON)).toMatchObject({ name: 'fail', error })
    expect(settled(row, { outcome: 'snoozed', delayMs: HOUR }, NOON)).toMatchObject({ name: 'snooze' })
    expect(settled(row, { outcome: 'snoozed', delayMs: HOUR + 1 }, NOON)).toMatchObject({
      name: 'fail',
      error: { code: 'TooOld' },
    })
    expect(settled({ ...row, error }, { outcome: 'snoozed', delayMs: HOUR + 1 }, NOON)).toMatchObject({ name: 'fail', error })
  })

  test('fails with its last error when a retry is too late', () => {
    expect(nudged({ ...notOld, attempt: 1, error }, NOON + HOUR + 1)).toMatchObject({ name: 'fail', error })
  })

  test('is not claimed again when its worker is lost after that time', () => {
    expect(nudged(running(NOON + HOUR), NOON + HOUR)).toMatchObject({ name: 'claim' })
    expect(nudged(running(NOON + HOUR), NOON + HOUR + 1)).toMatchObject({ name: 'fail', error: { code: 'WorkerLost' } })
    expect(nudged(running(NOON + 2 * HOUR), NOON + HOUR + 1)).toMatchObject({ name: 'claim' })
  })

  test('gets a new age when it is redriven or rescheduled', () => {
    const failed = nextRow(running(NOON + HOUR), { name: 'fail', at: NOON + HOUR, by: 'w', error, retentionMs: RETENTION_MS })
    const redriven = nextRow(failed, { name: 'redrive', at: NOON + 5 * HOUR, by: 'user:a' })
    expect(redriven.redrivenAt).toBe(NOON + 5 * HOUR)
    expect(nudged(redriven, NOON + 6 * HOUR)).toMatchObject({ name: 'claim' })
    expect(nudged(redriven, NOON + 6 * HOUR + 1)).toMatchObject({ name: 'fail' })
    const moved = nextRow(notOld, { name: 'reschedule', at: NOON, by: 'user:a', notBefore: NOON + 4 * HOUR })
    expect(nudged(moved, NOON + 5 * HOUR)).toMatchObject({ name: 'claim' })
    expect(nudged(moved, NOON + 5 * HOUR + 1)).toMatchObject({ name: 'fail' })
  })

  test('a task without a maximum age is never too old', () => {
    const ageless = { ...notOld, retry: POLICY.retry }
    fc.assert(fc.property(fc.nat({ max: 9 * HOUR }), (late) => 'name' in nudged(ageless, NOON + late)))
    expect(nudged(ageless, NOON + 9 * HOUR)).toMatchObject({ name: 'claim' })
    expect(nextRow(undefined, { ...createdPlain(), at: NOON })).not.toHaveProperty('redrivenAt')
  })
})

const createdPlain = () =>
  ({ name: 'create', by: 'user:a', policy: POLICY, input: { inline: 1 }, ready: true, notBefore: NOON }) as const

describe('the maximum number of lost workers', () => {
  const lost = (losses: number, policy?: number) =>
    nudged(running(NOON, { losses, retry: { policy: 'none', ...(policy === undefined ? {} : { losses: policy }) } }), NOON)

  test.each([
    [0, 0, 'fail'],
    [0, 1, 'claim'],
    [1, 1, 'fail'],
    [19, 20, 'claim'],
    [20, 20, 'fail'],
    [4, undefined, 'claim'],
    [5, undefined, 'fail'],
  ])('after %i losses a policy that allows %s gives the command %s', (losses, policy, name) =>
    expect(lost(losses, policy)).toMatchObject({ name }),
  )

  test('is in the error message', () => {
    expect(lost(0, 0)).toMatchObject({ error: { code: 'WorkerLost', message: 'a worker was lost while running this task' } })
    expect(lost(5)).toMatchObject({ error: { message: '6 workers were lost while running this task' } })
  })
})
