import { describe, expect, test } from 'vitest'
import { isRefusal } from '../../core/refusal.ts'
import { type CreateTask, claimOf, type TaskCommand } from '../../core/task/command.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { apply } from '../../engine/apply.ts'
import { relay } from '../../engine/relay.ts'
import { NOON } from '../core/task/rows.ts'
import { given, type HandWorld, handWorld, keyOf, rowOf } from './world.ts'

const error = { code: 'Broken', message: 'it broke', retriable: true }

const born = async (more: Partial<CreateTask> = {}) => {
  const world = handWorld()
  return { world, row: await given(world, 't1', more) }
}

/** Says something to the task a minute later; answers the line and the counts that this alone has made. */
const told = async (world: HandWorld, say: (row: TaskRow, said: { at: number; by: string }) => TaskCommand) => {
  world.advance(60_000)
  const [lineCount, countCount] = [world.lines.length, world.metered.length]
  const row = await rowOf(world, 't1')
  const done = await apply(world, keyOf('t1'), () => say(row, { at: world.now, by: 'user:test' }))
  if (isRefusal(done)) throw new Error(done.message)
  const counts = Object.fromEntries(world.metered.slice(countCount).map(({ metric, value }) => [metric, value]))
  return { line: world.lines[lineCount], counts }
}

const claim = (row: TaskRow, said: { at: number; by: string }) =>
  ({ name: 'claim', ...said, epoch: row.epoch, owner: 'w1', leaseMs: 70_000 }) as const

test('a task that is born is one line, and counts as created, and as ready when it is', async () => {
  const { world } = await born()
  expect(world.lines.filter(({ message }) => message === 'task.created')).toHaveLength(1)
  expect(world.metered.map(({ metric }) => metric)).toEqual(['Created', 'Ready'])
  const { world: other } = await born({ ready: false })
  expect(other.metered.map(({ metric }) => metric)).toEqual(['Created'])
})

test('a failure task that is born is told as one, with the task whose failure it handles', async () => {
  const { world } = await born({ failureOf: 't0' })
  expect(world.lines).toMatchObject([{ message: 'task.failure-task-created', fields: { taskId: 't1', failureOf: 't0' } }])
  expect(world.metered.map(({ metric }) => metric)).toEqual(['Created', 'FailureTaskCreated', 'Ready'])
})

test('a pending task that is made ready counts as ready', async () => {
  const { world } = await born({ ready: false })
  expect(await told(world, (_, said) => ({ name: 'ready', ...said }))).toMatchObject({
    line: { message: 'task.ready', fields: { ready: true, totalMs: 60_000 } },
    counts: { Ready: 1 },
  })
})

test('a start counts, with its lateness, and its line names the claim', async () => {
  const { world } = await born()
  const { line, counts } = await told(world, claim)
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
  test.each<readonly [string, string, (row: TaskRow, said: { at: number; by: string }) => TaskCommand, object]>([
    ['succeeded', 'succeeded', (row, said) => ({ name: 'succeed', ...said, claim: claimOf(row), retentionMs }), { Succeeded: 1 }],
    ['failed', 'failed', (row, said) => ({ name: 'fail', ...said, claim: claimOf(row), error, retentionMs }), { Failed: 1 }],
    [
      'conflicted',
      'conflicted',
      (row, said) => ({ name: 'conflict', ...said, claim: claimOf(row), error, retentionMs }),
      { Conflicted: 1 },
    ],
    ['cancelled', 'cancelled', (row, said) => ({ name: 'cancel', ...said, claim: claimOf(row), retentionMs }), { Cancelled: 1 }],
    [
      'retried',
      'retried',
      (row, said) => ({ name: 'retry', ...said, claim: claimOf(row), error, dueAt: said.at }),
      { Retried: 1 },
    ],
    ['snoozed', 'snoozed', (row, said) => ({ name: 'snooze', ...said, claim: claimOf(row), dueAt: said.at }), {}],
  ])('%s: its line says how long it took and what it came to', async (name, result, say, counts) => {
    const { world } = await born()
    await told(world, claim)
    const done = await told(world, say)
    expect(done.line).toMatchObject({
      message: `task.${name}`,
      level: name === 'failed' ? 'error' : 'info',
      fields: { result, executionMs: 60_000, totalMs: 120_000, correlationId: 'w1' },
    })
    expect(done.counts).toEqual(counts)
  })

  test('an error stands in the line, by code, by message, and as the reason', async () => {
    const { world } = await born()
    await told(world, claim)
    const { line } = await told(world, (row, said) => ({ name: 'fail', ...said, claim: claimOf(row), error, retentionMs }))
    expect(line?.fields).toMatchObject({ errorCode: 'Broken', errorMessage: 'it broke', reason: 'Broken: it broke' })
  })
})

test('a task that is not started in time counts as expired', async () => {
  const { world } = await born({ expiresAt: NOON + 1_000 })
  const { line, counts } = await told(world, (_, said) => ({ name: 'expire', ...said, retentionMs: 1 }))
  expect([line?.message, line?.fields.result, counts]).toEqual(['task.expired', 'expired', { Expired: 1 }])
})

test('a row that the store has forgotten is a line and a count of the relay, once it has done the rest', async () => {
  const { world, row } = await born()
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
