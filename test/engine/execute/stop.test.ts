import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { conflict, defineTask, nonRetriable, retryLater, snooze, type TaskDefinition } from '../../../core/define.ts'
import { apply } from '../../../engine/apply.ts'
import { execute } from '../../../engine/execute/execute.ts'
import { NOON } from '../../core/task/rows.ts'
import { appOf, engineWorld, given, keyOf, messageFor, rowOf } from '../world.ts'
import { fired, settled } from './driving.ts'

type Run = TaskDefinition<z.ZodType>['run']

const GRACE_MS = 9_000

/** An attempt in a process that can be told to stop. */
const inProcess = async (run: Run) => {
  const world = engineWorld()
  const stopping = new AbortController()
  const stop = { signal: stopping.signal, interruptsAt: () => NOON + GRACE_MS }
  const app = appOf(defineTask('greet', { input: z.unknown(), run }))
  const row = await given(world, 't1')
  const running = execute(world, app, { ...messageFor(row), stop })
  await settled()
  return { world, app, row, running, stop, tellToStop: () => stopping.abort() }
}

const ACKNOWLEDGED = { delivery: 'acknowledge' }
const INTERRUPTED = { state: 'scheduled', dueAt: NOON, attempt: 1, losses: 0, interruptions: 1 }

describe('when the process is told to stop', () => {
  test('the signal fires at once, and an attempt that ends by it is interrupted', async () => {
    const { world, running, tellToStop } = await inProcess(async ({ signal }) => {
      throw await fired(signal)
    })
    tellToStop()
    expect(await running).toEqual(ACKNOWLEDGED)
    const row = await rowOf(world, 't1')
    expect(row).toMatchObject(INTERRUPTED)
    expect(row.history.at(-1)).toMatchObject({
      code: 'Interrupted',
      reason: 'the process that runs attempt 1 of task t1 stops',
    })
  })

  test('the reason of the signal says so', async () => {
    const reason = Promise.withResolvers<DOMException>()
    const { running, tellToStop } = await inProcess(async ({ signal }) => reason.resolve(await fired(signal)))
    tellToStop()
    await running
    expect(await reason.promise).toMatchObject({
      name: 'AbortError',
      message: 'the process that runs attempt 1 of task t1 stops',
    })
  })

  test.each<readonly [string, () => ReturnType<Run>, object]>([
    ['a value', () => 'done', { state: 'succeeded', output: { inline: 'done' } }],
    ['a retry', () => retryLater('busy', 60_000), { state: 'scheduled', error: { code: 'RetryLater' } }],
    ['a snooze', () => snooze(60_000), { state: 'scheduled', snoozes: 1 }],
    ['a conflict', () => conflict('taken'), { state: 'conflicted' }],
  ])('a handler that finishes normally after the signal counts as it ended: %s', async (_, answer, expected) => {
    const { world, running, tellToStop } = await inProcess(async ({ signal }) => {
      await fired(signal)
      return answer()
    })
    tellToStop()
    expect(await running).toEqual(ACKNOWLEDGED)
    expect(await rowOf(world, 't1')).toMatchObject(expected)
    expect(await rowOf(world, 't1')).not.toHaveProperty('interruptions')
  })

  test('what a handler throws after the signal is no failure of its own, whatever it is', async () => {
    const { world, running, tellToStop } = await inProcess(async ({ signal }) => {
      await fired(signal)
      throw nonRetriable('Closed', 'the connection is closed')
    })
    tellToStop()
    await running
    expect(await rowOf(world, 't1')).toMatchObject(INTERRUPTED)
  })

  test('what a handler has thrown before the signal is a failure', async () => {
    const { world, running, tellToStop } = await inProcess(async () => {
      throw nonRetriable('Broken', 'it broke')
    })
    await running
    tellToStop()
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'failed', error: { code: 'Broken' } })
  })

  test('an attempt that ignores its signal is interrupted at the end of the grace, and not before', async () => {
    const { world, running, tellToStop } = await inProcess(() => new Promise(() => {}))
    tellToStop()
    await settled()
    world.advance(GRACE_MS - 1)
    await settled()
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'running' })
    world.advance(1)
    expect(await running).toEqual(ACKNOWLEDGED)
    expect(await rowOf(world, 't1')).toMatchObject({ ...INTERRUPTED, dueAt: NOON + GRACE_MS })
  })

  test('a task with a cancel request is cancelled instead', async () => {
    const { world, running, tellToStop } = await inProcess(async ({ signal }) => {
      throw await fired(signal)
    })
    await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: NOON, by: 'user:ada', retentionMs: 1 }))
    tellToStop()
    await running
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled' })
  })

  test('a message that comes later is returned, and its task is not claimed', async () => {
    const { world, app, running, stop, tellToStop } = await inProcess(() => 'done')
    await running
    tellToStop()
    const second = await given(world, 't2')
    expect(await execute(world, app, { ...messageFor(second), stop })).toEqual({ delivery: 'return' })
    expect(await rowOf(world, 't2')).toEqual(second)
  })

  test('a task that is just being claimed is not started', async () => {
    const { world, app, running, stop, tellToStop } = await inProcess(() => 'done')
    await running
    const second = await given(world, 't2')
    const late = execute(world, app, { ...messageFor(second), stop })
    tellToStop()
    expect(await late).toEqual(ACKNOWLEDGED)
    expect(await rowOf(world, 't2')).toMatchObject(INTERRUPTED)
  })
})
