import { describe, expect, test } from 'vitest'
import { isRefusal } from '../../core/refusal.ts'
import { type CreateTask, claimOf, type TaskCommand } from '../../core/task/command.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { apply } from '../../engine/apply.ts'
import { relay } from '../../engine/relay.ts'
import { NOON } from '../core/task/rows.ts'
import { type EngineWorld, engineWorld, given, keyOf, rowOf } from './world.ts'

const error = { code: 'Broken', message: 'it broke', retriable: true }

const taskIn = async (more: Partial<CreateTask> = {}) => {
  const world = engineWorld()
  return { world, row: await given(world, 't1', more) }
}

/** Applies a command to the task one minute later; returns the log line and the metrics of this command. */
const applied = async (world: EngineWorld, commandFor: (row: TaskRow, stamp: { at: number; by: string }) => TaskCommand) => {
  world.advance(60_000)
  const [lineCount, countCount] = [world.lines.length, world.metered.length]
  const row = await rowOf(world, 't1')
  const done = await apply(world, keyOf('t1'), () => commandFor(row, { at: world.now, by: 'user:test' }))
  if (isRefusal(done)) throw new Error(done.message)
  const counts = Object.fromEntries(world.metered.slice(countCount).map(({ metric, value }) => [metric, value]))
  return { line: world.lines[lineCount], counts }
}

const claim = (row: TaskRow, stamp: { at: number; by: string }) =>
  ({ name: 'claim', ...stamp, epoch: row.epoch, owner: 'w1', leaseMs: 70_000 }) as const

test('a new task writes one line and counts as created, and as ready if it is ready', async () => {
  const { world } = await taskIn()
  expect(world.lines.filter(({ message }) => message === 'task.created')).toHaveLength(1)
  expect(world.metered.map(({ metric }) => metric)).toEqual(['Created', 'Ready'])
  const { world: other } = await taskIn({ ready: false })
  expect(other.metered.map(({ metric }) => metric)).toEqual(['Created'])
})

test('the line of a new failure task names the failed task', async () => {
  const { world } = await taskIn({ failureOf: 't0' })
  expect(world.lines).toMatchObject([{ message: 'task.failure-task-created', fields: { taskId: 't1', failureOf: 't0' } }])
  expect(world.metered.map(({ metric }) => metric)).toEqual(['Created', 'FailureTaskCreated', 'Ready'])
})

test('a pending task counts as ready after the command ready', async () => {
  const { world } = await taskIn({ ready: false })
  expect(await applied(world, (_, stamp) => ({ name: 'ready', ...stamp }))).toMatchObject({
    line: { message: 'task.ready', fields: { ready: true, totalMs: 60_000 } },
    counts: { Ready: 1 },
  })
})

test('a start is counted with its lateness, and its line has the id of the claim', async () => {
  const { world } = await taskIn()
  const { line, counts } = await applied(world, claim)
  expect(line).toMatchObject({
    level: 'info',
    message: 'task.started',
    fields: { attemptNumber: 0, attempt: 1, correlationId: 'w1', latenessMs: 60_000, totalMs: 60_000, by: 'user:test' },
  })
  expect(counts).toEqual({ Started: 1, StartLateness: 60_000 })
  expect(line?.fields).not.toHaveProperty('executionMs')
})

describe('the end of an attempt', () => {
  const retentionMs = 1_000
  test.each<readonly [string, string, (row: TaskRow, stamp: { at: number; by: string }) => TaskCommand, object]>([
    [
      'succeeded',
      'succeeded',
      (row, stamp) => ({ name: 'succeed', ...stamp, claim: claimOf(row), retentionMs }),
      { Succeeded: 1 },
    ],
    ['failed', 'failed', (row, stamp) => ({ name: 'fail', ...stamp, claim: claimOf(row), error, retentionMs }), { Failed: 1 }],
    [
      'conflicted',
      'conflicted',
      (row, stamp) => ({ name: 'conflict', ...stamp, claim: claimOf(row), error, retentionMs }),
      { Conflicted: 1 },
    ],
    [
      'cancelled',
      'cancelled',
      (row, stamp) => ({ name: 'cancel', ...stamp, claim: claimOf(row), retentionMs }),
      { Cancelled: 1 },
    ],
    [
      'retried',
      'retried',
      (row, stamp) => ({ name: 'retry', ...stamp, claim: claimOf(row), error, dueAt: stamp.at }),
      { Retried: 1 },
    ],
    ['snoozed', 'snoozed', (row, stamp) => ({ name: 'snooze', ...stamp, claim: claimOf(row), dueAt: stamp.at }), {}],
  ])('%s: the line has the durations and the result', async (name, result, commandFor, counts) => {
    const { world } = await taskIn()
    await applied(world, claim)
    const done = await applied(world, commandFor)
    expect(done.line).toMatchObject({
      message: `task.${name}`,
      level: name === 'failed' ? 'error' : 'info',
      fields: { result, executionMs: 60_000, totalMs: 120_000, correlationId: 'w1' },
    })
    expect(done.counts).toEqual(counts)
  })

  test('the line of a failure has the code, the message and the reason', async () => {
    const { world } = await taskIn()
    await applied(world, claim)
    const { line } = await applied(world, (row, stamp) => ({ name: 'fail', ...stamp, claim: claimOf(row), error, retentionMs }))
    expect(line?.fields).toMatchObject({ errorCode: 'Broken', errorMessage: 'it broke', reason: 'Broken: it broke' })
  })
})

test('an expired task is counted as expired', async () => {
  const { world } = await taskIn({ expiresAt: NOON + 1_000 })
  const { line, counts } = await applied(world, (_, stamp) => ({ name: 'expire', ...stamp, retentionMs: 1 }))
  expect([line?.message, line?.fields.result, counts]).toEqual(['task.expired', 'expired', { Expired: 1 }])
})

test('the relay logs and counts a deleted row after its effects', async () => {
  const { world, row } = await taskIn()
  const done = { ...row, state: 'succeeded', forgetAt: row.createdAt + 5 } as const
  world.lines.splice(0)
  world.metered.splice(0)
  world.advance(90_000)
  await relay(world, { before: done })
  expect(world.lines).toMatchObject([
    { level: 'info', message: 'task.removed', fields: { taskId: 't1', tenant: 'acme', result: 'succeeded', totalMs: 90_000 } },
  ])
  expect(world.metered).toMatchObject([{ metric: 'Removed', value: 1 }])
})
