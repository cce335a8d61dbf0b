import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineTask, snooze, type TaskDefinition } from '../../core/define.ts'
import { LIMITS } from '../../core/limits.ts'
import type { CreateTask } from '../../core/task/command.ts'
import { execute } from '../../engine/execute/execute.ts'
import { POLICY } from '../core/task/rows.ts'
import { appOf, engineWorld, given, messageFor, rowOf } from './world.ts'

type Run = TaskDefinition<z.ZodType>['run']

/** Runs the first attempt of a task that has a hundred attempts, a second apart. */
const runOnce = async (run: Run, more: Partial<CreateTask> = {}, input: z.ZodType = z.unknown()) => {
  const world = engineWorld()
  const policy = { ...POLICY, retry: { policy: 'fixed', waitMs: 1_000, attempts: 100 } } as const
  const row = await given(world, 't1', { policy, ...more })
  await execute(world, appOf(defineTask('greet', { input, run })), messageFor(row))
  return rowOf(world, 't1')
}

describe('a fault of the task itself is never retried', () => {
  test.each<readonly [code: string, Run, Partial<CreateTask>, z.ZodType]>([
    ['InvalidInput', () => 1, {}, z.object({ age: z.number() })],
    ['InputMissing', () => 1, { input: { document: 'gone', bytes: 9 } }, z.unknown()],
    ['OutputTooLarge', () => 'x'.repeat(LIMITS.payloadBytes), {}, z.unknown()],
    ['NotAnAnswer', (() => () => 1) as unknown as Run, {}, z.unknown()],
    ['BadDelay', () => snooze(Number.NaN), {}, z.unknown()],
    ['BadDelay', () => snooze('soon'), {}, z.unknown()],
    [
      'Empty',
      () => {
        throw new Error('')
      },
      {},
      z.unknown(),
    ],
  ])('%s', async (code, run, more, input) => {
    expect(await runOnce(run, more, input)).toMatchObject({ state: 'failed', attempt: 1, error: { code, retriable: false } })
  })

  test('but an error that the handler throws is retried', async () => {
    const row = await runOnce(() => {
      throw new Error('oh')
    })
    expect(row).toMatchObject({ state: 'scheduled', attempt: 1, error: { code: 'Error', retriable: true } })
  })
})
