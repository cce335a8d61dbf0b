import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { conflict, defineTask, giveUp, type Json, nonRetriable, retriable, retryLater, snooze, wait } from '../../core/define.ts'
import { type HandlerOptions, runHandler } from '../../testing/index.ts'

const retry = { policy: 'fixed', wait: '1m', attempts: 3 } as const

/** A handler that returns or throws what the function returns or throws. */
const answering = (answer: () => unknown) =>
  defineTask('answering', { input: z.unknown(), retry, run: () => answer() as Json | undefined })

const thrower = (error: unknown) => () => {
  throw error
}

describe('the outcome', () => {
  test.each([
    ['a value', () => ({ sent: true }), { outcome: 'succeeded', output: { sent: true } }],
    ['nothing', () => undefined, { outcome: 'succeeded' }],
    ['retryLater', () => retryLater('busy', '5m'), { outcome: 'retried', delayMs: 300_000, error: { code: 'RetryLater' } }],
    ['a retriable error', thrower(retriable('Busy', 'no')), { outcome: 'retried', delayMs: 60_000, error: { code: 'Busy' } }],
    ['any error', thrower(new RangeError('no')), { outcome: 'retried', error: { code: 'RangeError', message: 'no' } }],
    ['a non-retriable error', thrower(nonRetriable('Gone', 'no')), { outcome: 'failed', error: { code: 'Gone' } }],
    ['giveUp', () => giveUp('no use'), { outcome: 'failed', error: { code: 'GaveUp', message: 'no use' } }],
    ['snooze', () => snooze('30s'), { outcome: 'snoozed', delayMs: 30_000 }],
    ['wait', () => wait('7d'), { outcome: 'waiting', delayMs: 604_800_000 }],
    ['wait for a signal', () => wait(), { outcome: 'waiting' }],
    ['conflict', () => conflict('in the way'), { outcome: 'conflicted', error: { code: 'Conflict' } }],
    ['a value that is not JSON', () => () => {}, { outcome: 'failed', error: { code: 'NotAnAnswer' } }],
  ])('after %s', async (_, answer, expected) => {
    expect(await runHandler(answering(answer), {})).toMatchObject(expected)
  })

  test('after an error in the last attempt is failed', async () => {
    const broken = answering(thrower(retriable('Busy', 'no')))
    expect(await runHandler(broken, {}, { attempt: 2 })).toMatchObject({ outcome: 'retried' })
    expect(await runHandler(broken, {}, { attempt: 3 })).toMatchObject({ outcome: 'failed' })
  })

  test.each([0, -1, 1.5, Number.NaN])('attempt %s is refused', async (attempt) => {
    const message = `attempt must be a whole number above zero, got ${attempt}`
    await expect(
      runHandler(
        answering(() => 'done'),
        {},
        { attempt },
      ),
    ).rejects.toThrow(new TypeError(message))
  })

  test('a large output is returned unchanged', async () => {
    const output = { text: 'x'.repeat(100_000) }
    expect(
      await runHandler(
        answering(() => output),
        {},
      ),
    ).toMatchObject({ outcome: 'succeeded', output })
  })
})

describe('the context of the handler', () => {
  const reporting = defineTask('reporting', {
    input: z.object({ name: z.string().default('Ada'), about: z.string().optional() }),
    run: ({ input, attempt, task, idempotencyKey, log }) => {
      log.info('started', { name: input.name })
      return { name: input.name, attempt, tenant: task.tenant, tags: [...task.tags], idempotencyKey }
    },
  })

  test('has the parsed input and the values of a first attempt', async () => {
    const { output, logs } = await runHandler(reporting, {})
    expect(output).toEqual({
      name: 'Ada',
      attempt: 1,
      tenant: 'test',
      tags: [],
      idempotencyKey: expect.stringMatching(/^carillon-/),
    })
    expect(logs).toMatchObject([{ level: 'info', message: 'started', fields: { name: 'Ada', tenant: 'test', attempt: 1 } }])
  })

  test('has the values of the options', async () => {
    const options: HandlerOptions = { attempt: 2, tenant: 'acme', tags: ['night'], idempotencyKey: 'k' }
    const { output } = await runHandler(reporting, { name: 'Bob' }, options)
    expect(output).toEqual({ ...options, name: 'Bob' })
  })

  test('has a large input unchanged', async () => {
    expect(await runHandler(reporting, { about: 'x'.repeat(100_000) })).toMatchObject({ outcome: 'succeeded' })
  })

  test('an input that does not match the schema fails with its path', async () => {
    const { outcome, error } = await runHandler(reporting, { name: 7 } as never)
    expect([outcome, error]).toEqual(['failed', expect.objectContaining({ code: 'InvalidInput' })])
    expect(error?.message).toContain('/name')
  })
})

test('the result has the last reported progress', async () => {
  const copying = defineTask('copying', {
    input: z.unknown(),
    run: async ({ heartbeat }) => {
      await heartbeat({ percent: 10 })
      await heartbeat({ percent: 60, text: 'copying tables' })
      await heartbeat()
    },
  })
  expect((await runHandler(copying, {})).progress).toEqual({ percent: 60, text: 'copying tables' })
  expect(
    await runHandler(
      answering(() => 'done'),
      {},
    ),
  ).not.toHaveProperty('progress')
})

describe('the signal', () => {
  const obeying = defineTask('obeying', {
    input: z.unknown(),
    retry,
    run: ({ signal }) => sleep(60_000, 'slept', { signal }),
  })

  test('fires when the option aborts, and a handler that stops is cancelled', async () => {
    const stop = new AbortController()
    const handled = runHandler(obeying, {}, { signal: stop.signal })
    stop.abort()
    expect(await handled).toMatchObject({ outcome: 'cancelled' })
  })

  test('fires at the timeout in real time, and the attempt fails', async () => {
    expect(await runHandler(obeying, {}, { timeout: '5ms' })).toMatchObject({ outcome: 'retried', error: { code: 'Timeout' } })
  })

  test('does not fire without a cause, and a heartbeat does not abort', async () => {
    const beating = defineTask('beating', {
      input: z.unknown(),
      timeout: '1s',
      run: async ({ heartbeat, signal }) => {
        await heartbeat()
        return signal.aborted
      },
    })
    expect(await runHandler(beating, {})).toMatchObject({ outcome: 'succeeded', output: false })
  })
})

test('a type with a timeout that no lane allows is an error', async () => {
  const endless = defineTask('endless', { input: z.unknown(), timeout: '1h', run: () => {} })
  await expect(runHandler(endless, {})).rejects.toThrow('1h is longer than lane normal allows')
})

test('what a handler logs never fails it: a circular response is marked, as on AWS', async () => {
  const res: { self?: unknown } = {}
  res.self = res
  const type = defineTask('log', {
    input: z.unknown(),
    retry: { policy: 'none' },
    run: ({ log }) => {
      log.info('got', { res })
      return 'ok'
    },
  })
  const { outcome, logs } = await runHandler(type, {})
  expect(outcome).toBe('succeeded')
  expect(logs).toMatchObject([{ message: 'got', fields: { res: { self: '[circular]' }, marked: ['/res/self: circular'] } }])
})

test('an answer that JSON cannot carry fails, with the place', async () => {
  const run = () => ({ rates: [1, Number.NaN] })
  const { error } = await runHandler(defineTask('rates', { input: z.unknown(), run }), {})
  expect(error).toEqual({
    code: 'NotAnAnswer',
    message:
      'the handler returned NaN at /rates/1, which JSON cannot carry; it may return JSON, retryLater(…), giveUp(…), snooze(…), conflict(…) or wait(…)',
    retriable: false,
  })
})

test('the progress is what the API would show', async () => {
  const run = async ({ heartbeat }: { heartbeat: (progress: object) => Promise<void> }) => heartbeat({ percent: 140, other: 1 })
  const { outcome, progress } = await runHandler(defineTask('far', { input: z.unknown(), run }), {})
  expect({ outcome, progress }).toEqual({ outcome: 'succeeded', progress: { percent: 100 } })
})
