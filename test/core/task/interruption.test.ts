import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { attemptsOf } from '../../../core/task/attempts.ts'
import { claimOf } from '../../../core/task/command.ts'
import { type Result, settle } from '../../../core/task/outcome.ts'
import { countedAttempts, type TaskRow } from '../../../core/task/row.ts'
import { NOON, nextRow, RETENTION_MS, rowIn } from './rows.ts'

const running = rowIn('running')
const STOPPED: Result = { outcome: 'interrupted', reason: 'the process stops', isExcused: true }
const OUT_OF_TIME: Result = { outcome: 'interrupted', reason: 'the function ends' }

/** The row after the result, at this time. */
const settledBy = (result: Result, row: TaskRow = running, at = NOON): TaskRow =>
  nextRow(row, settle(row, claimOf(row), result, { at, by: 'worker:w1' }, RETENTION_MS))
/** The row after the next claim. */
const claimed = (row: TaskRow): TaskRow =>
  nextRow(row, { name: 'claim', at: row.updatedAt, by: 'worker:w1', epoch: row.epoch, owner: 'w1', leaseMs: 1_000 })

describe('an attempt that is interrupted by the stop of its process', () => {
  test('is due again at once and uses up nothing', () => {
    const row = settledBy(STOPPED)
    expect(row).toMatchObject({ state: 'scheduled', dueAt: NOON, attempt: 1, losses: 0, interruptions: 1 })
    expect(row).not.toHaveProperty('lease')
    expect(row).not.toHaveProperty('error')
    expect(countedAttempts(row)).toBe(0)
    expect(row.history.at(-1)).toMatchObject({ command: 'rearm', code: 'Interrupted', reason: 'the process stops' })
    expect(attemptsOf(row).attempts).toMatchObject([{ attempt: 1, outcome: 'interrupted' }])
  })

  test('leaves a task without any other budget all its attempts', () => {
    let row: TaskRow = { ...running, retry: { policy: 'none', losses: 0 } }
    for (let turn = 0; turn < 10; turn++) row = claimed(settledBy(STOPPED, row))
    expect(row).toMatchObject({ state: 'running', attempt: 11, losses: 0, interruptions: 10 })
    const broken = { code: 'Broken', message: 'it broke', retriable: true }
    expect(
      settledBy({ outcome: 'failed', error: broken }, { ...row, retry: { policy: 'fixed', waitMs: 1, attempts: 2 } }),
    ).toMatchObject({
      state: 'scheduled',
    })
  })

  test('ends the task when a cancel was requested, or when no attempt may start any more', () => {
    expect(settledBy(STOPPED, { ...running, cancelRequested: true })).toMatchObject({ state: 'cancelled' })
    const aged = { ...running, retry: { policy: 'none', maxAgeMs: 1_000 } } as const
    expect(settledBy(STOPPED, aged, NOON + 1_000)).toMatchObject({ state: 'scheduled' })
    expect(settledBy(STOPPED, aged, NOON + 1_001)).toMatchObject({ state: 'failed', error: { code: 'TooOld' } })
  })

  test('counts as lost after the maximum number of interruptions', () => {
    const row = { ...running, interruptions: LIMITS.interruptionsCount }
    expect(settledBy(STOPPED, { ...row, interruptions: LIMITS.interruptionsCount - 1 })).toMatchObject({ losses: 0 })
    expect(settledBy(STOPPED, row)).toMatchObject({ state: 'scheduled', losses: 1, interruptions: LIMITS.interruptionsCount })
    expect(settledBy(STOPPED, { ...row, losses: LIMITS.lossesCount })).toMatchObject({
      state: 'failed',
      error: { code: 'WorkerLost' },
    })
  })

  test('is counted over a redrive', () => {
    const failed = nextRow(claimed(settledBy(STOPPED)), {
      name: 'fail',
      at: NOON + 1_000,
      by: 'system:sweep',
      error: { code: 'X', message: 'x', retriable: true },
      retentionMs: 1,
    })
    const redriven = nextRow(failed, { name: 'redrive', at: NOON + 2_000, by: 'user:ada' })
    expect(redriven).not.toHaveProperty('interruptions')
    expect(redriven.previousRuns).toMatchObject({ attempts: 2, losses: 0, interruptions: 1 })
    expect(attemptsOf({ ...redriven, history: [] }).older).toEqual({ count: 2, losses: 0, snoozes: 0, interruptions: 1 })
  })
})

test('an attempt that is interrupted at the end of its function counts as lost: a task that is too long must end', () => {
  const row = settledBy(OUT_OF_TIME)
  expect(row).toMatchObject({ state: 'scheduled', losses: 1 })
  expect(row).not.toHaveProperty('interruptions')
  expect(row.history.at(-1)).not.toHaveProperty('code')
})

test('a task without interruptions has no field for them', () => {
  for (const state of ['scheduled', 'running', 'succeeded', 'failed'] as const)
    expect(rowIn(state)).not.toHaveProperty('interruptions')
})
