import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineTask } from '../../core/define.ts'
import { iso } from '../../core/instant.ts'
import { isRefusal } from '../../core/refusal.ts'
import { type RetryInput, readRetry } from '../../core/retry/format.ts'
import { failureTaskId, type TaskPolicy } from '../../core/task/row.ts'
import { runLocal } from '../../worlds/local/run.ts'
import { sleepOn, virtualClock } from '../../worlds/memory/clock.ts'
import { NOON, POLICY } from '../core/task/rows.ts'
import { appOf, given, rowOf } from './world.ts'

/** The retry tables of Business Central's documentation: seconds before each retry. */
const times = (count: number, seconds: number): readonly number[] => Array.from({ length: count }, () => seconds)
const ONLINE = [...times(2, 30), ...times(2, 60), ...times(2, 120), ...times(2, 180), ...times(91, 300)]
const ON_PREMISES = [...times(2, 120), 240, ...times(6, 900)]

const SECOND = 1_000
const MINUTE = 60 * SECOND
const DAY = 1_440 * MINUTE
const quiet = { info: () => {}, warn: () => {}, error: () => {} }

/**
 * Runs a task that always fails, `takesMs` after each start, in the local world on virtual time, with the real relay, lanes,
 * timers and executor. Returns the start of each attempt, the input of the failure task, and both rows.
 */
const runToEnd = async (written: RetryInput, takesMs: number) => {
  const clock = virtualClock(NOON)
  const starts: string[] = []
  const handled: { readonly at: string; readonly input: unknown }[] = []
  const broken = defineTask('broken', {
    input: z.unknown(),
    run: async () => {
      starts.push(iso(clock.now()))
      await sleepOn(clock, takesMs)
      throw new Error('it stays broken')
    },
  })
  const handleFailure = defineTask('handle-failure', {
    input: z.looseObject({ taskId: z.string() }),
    run: ({ input }) => void handled.push({ at: iso(clock.now()), input }),
  })
  let ids = 0
  const { world, stop } = await runLocal(appOf(broken, handleFailure), ':memory:', quiet, {
    ticker: { ...clock, stop: () => {} },
    clock: { now: clock.now, sleep: (ms, signal) => sleepOn(clock, ms, signal) },
    ids: { next: () => String(++ids).padStart(26, '0') },
    deferCommit: queueMicrotask,
  })
  const retry = readRetry(written)
  if (isRefusal(retry)) throw new Error(retry.message)
  const policy: TaskPolicy = { ...POLICY, type: 'broken', retry }
  await given(world, 't1', { policy, onFailure: { ...POLICY, type: 'handle-failure' } })
  await clock.run(() => clock.now() >= NOON + DAY)
  const failed = await rowOf(world, 't1')
  const handler = await rowOf(world, failureTaskId(failed))
  await stop(0)
  return { starts, handled, failed, handler }
}

describe.each([
  ['online', { policy: 'business-central-online' }, ONLINE, 99, 468],
  ['on-premises', { policy: 'business-central-on-premises' }, ON_PREMISES, 9, 98],
] as const)('a task that always fails under the rules of Business Central %s', (_, retry, table, count, minutes) => {
  test.each([0, 7 * SECOND])(
    'starts at the seconds of its table, counted from the end of the attempt before (%i ms each)',
    async (takesMs) => {
      const expected = [NOON]
      for (const seconds of table) expected.push((expected.at(-1) ?? NOON) + takesMs + seconds * SECOND)
      const end = (expected.at(-1) ?? NOON) + takesMs
      const { starts, handled, failed, handler } = await runToEnd(retry, takesMs)
      expect(starts).toEqual(expected.map(iso))
      expect(starts).toHaveLength(count + 1)
      expect(Date.parse(starts.at(-1) ?? '') - NOON).toBe(minutes * MINUTE + count * takesMs)
      expect(failed).toMatchObject({ state: 'failed', attempt: count + 1, finishedAt: end })
      const error = { code: 'Error', message: 'it stays broken', retriable: true }
      const input = { taskId: 't1', type: 'broken', attempts: count + 1, error, input: { name: 'Ada' } }
      expect(handled).toEqual([{ at: iso(end), input }])
      expect(handler).toMatchObject({ state: 'succeeded', failureOf: 't1' })
    },
  )
})

test("the policy 'job-queue' adds 10 ms to the wait before the first rerun, and ten times as much each further time", async () => {
  const { starts } = await runToEnd({ policy: 'job-queue', wait: '30s', reruns: 4 }, 0)
  expect(starts.map((at) => Date.parse(at) - NOON)).toEqual([0, 30_010, 60_110, 91_110, 131_110])
})

test('no attempt starts after the maximum age, and the row keeps the last error', async () => {
  const { starts, failed } = await runToEnd({ policy: 'business-central-on-premises', maxAge: '20m' }, 0)
  expect(starts.map((at) => (Date.parse(at) - NOON) / MINUTE)).toEqual([0, 2, 4, 8])
  expect(failed).toMatchObject({
    state: 'failed',
    attempt: 4,
    finishedAt: NOON + 8 * MINUTE,
    error: { message: 'it stays broken' },
  })
  expect(failed.history.at(-1)).toMatchObject({
    command: 'fail',
    final: 'no attempt may start after 2026-11-21T12:20:00.000Z (maxAge 20m)',
    code: 'Error',
    reason: 'it stays broken',
  })
})
