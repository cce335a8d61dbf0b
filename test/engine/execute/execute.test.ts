import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import {
  conflict,
  defineTask,
  giveUp,
  nonRetriable,
  retryLater,
  snooze,
  type TaskDefinition,
  type TaskType,
  wait,
} from '../../../core/define.ts'
import { LIMITS } from '../../../core/limits.ts'
import { apply } from '../../../engine/apply.ts'
import { execute } from '../../../engine/execute/execute.ts'
import { NOON } from '../../core/task/rows.ts'
import { appOf, engineWorld, given, keyOf, messageFor, rowOf } from '../world.ts'

type Run = TaskDefinition<z.ZodType>['run']
const greet = (run: Run): TaskType => defineTask('greet', { input: z.object({ name: z.string() }), run })

/** Executes the message of a due task with this handler; returns the delivery and the row. */
const executed = async (run: Run, input: object = { name: 'Ada' }) => {
  const world = engineWorld()
  const row = await given(world, 't1', { input: { inline: input as never } })
  const delivery = await execute(world, appOf(greet(run)), messageFor(row))
  return { world, delivery, row: await rowOf(world, 't1') }
}

describe('the result of a handler', () => {
  test.each<readonly [string, Run, object]>([
    ['a value is the output', () => 'hello', { state: 'succeeded', output: { inline: 'hello' }, attempt: 1 }],
    ['undefined is a success without output', () => {}, { state: 'succeeded' }],
    [
      'an error is retried',
      () => {
        throw new Error('broke')
      },
      { state: 'scheduled', error: { code: 'Error', message: 'broke', retriable: true } },
    ],
    [
      'a non-retriable error fails',
      () => {
        throw nonRetriable('Gone', 'it is gone')
      },
      { state: 'failed', error: { code: 'Gone', retriable: false } },
    ],
    [
      'retryLater counts as a failed attempt',
      () => retryLater('busy', 7_000),
      { state: 'scheduled', error: { code: 'RetryLater', message: 'busy' }, snoozes: 0 },
    ],
    ['snooze does not count as a failed attempt', () => snooze(7_000), { state: 'scheduled', snoozes: 1 }],
    ['giveUp fails', () => giveUp('no use', 'Hopeless'), { state: 'failed', error: { code: 'Hopeless', message: 'no use' } }],
    [
      'conflict ends the task as conflicted',
      () => conflict('taken'),
      { state: 'conflicted', error: { code: 'Conflict', message: 'taken' } },
    ],
    ['wait waits', () => wait(), { state: 'waiting' }],
    ['a function is no valid result', (() => () => 1) as unknown as Run, { state: 'failed', error: { code: 'NotAnAnswer' } }],
    ['a NaN is no valid delay', () => snooze(Number.NaN), { state: 'failed', error: { code: 'BadDelay' } }],
    [
      'a text can be thrown',
      () => {
        throw 'plain'
      },
      { state: 'scheduled', error: { code: 'Error', message: 'plain' } },
    ],
  ])('%s', async (_, run, expected) => {
    const { delivery, row } = await executed(run)
    expect(row).toMatchObject(expected)
    expect(delivery).toEqual({ delivery: 'acknowledge' })
  })

  test('invalid input fails the task without running the handler', async () => {
    const { row } = await executed(() => 'never', { name: 7 })
    expect(row).toMatchObject({ state: 'failed', error: { code: 'InvalidInput', retriable: false } })
    expect(row.error?.message).toContain('/name')
  })

  test('a large output is stored as a document, a larger one fails the task', async () => {
    const { world, row } = await executed(() => 'x'.repeat(1_000))
    if (!row.output || !('document' in row.output)) throw new Error('the output is on the row')
    expect(await world.store.getDocument('acme', 't1', row.output.document)).toBe(JSON.stringify('x'.repeat(1_000)))
    expect((await executed(() => 'x'.repeat(LIMITS.payloadBytes))).row).toMatchObject({
      state: 'failed',
      error: { code: 'OutputTooLarge' },
    })
  })

  test('the idempotency key is the same in every attempt', async () => {
    const keys: string[] = []
    const world = engineWorld()
    const app = appOf(
      greet(({ idempotencyKey }) => {
        keys.push(idempotencyKey)
        return retryLater('again', 0)
      }),
    )
    let row = await given(world, 't1', { input: { inline: { name: 'Ada' } } })
    for (let turn = 0; turn < 2; turn++) {
      await execute(world, app, messageFor(row))
      row = await rowOf(world, 't1')
    }
    expect(keys).toEqual(['carillon-t1', 'carillon-t1'])
  })
})

describe('time', () => {
  test('an early message is sent again with the remaining delay, without reading the row', async () => {
    const world = engineWorld()
    const row = await given(world, 't1', { notBefore: world.now + 40_000 })
    expect(await execute(world, appOf(greet(() => 1)), messageFor(row))).toEqual({ delivery: 'acknowledge' })
    expect(world.sent).toMatchObject([{ delayMs: 40_000, nudge: { id: 't1', epoch: 1 } }])
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', version: 1 })
  })

  test('a handler that exceeds its timeout gets the signal, is abandoned, and its late result is ignored', async () => {
    const world = engineWorld()
    let finish = (_: string) => {}
    const aborted = new Promise<string>((resolve) => {
      finish = resolve
    })
    const started = Promise.withResolvers<void>()
    const app = appOf(
      greet(({ signal }) => {
        signal.addEventListener('abort', () => finish('too late'))
        started.resolve()
        return aborted
      }),
    )
    const row = await given(world, 't1')
    const running = execute(world, app, messageFor(row))
    await started.promise
    world.advance(30_000)
    expect(await running).toEqual({ delivery: 'acknowledge' })
    expect(await aborted).toBe('too late')
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', error: { code: 'Timeout', retriable: true } })
  })
})

describe('the lease of a row', () => {
  test('a copy of the message is returned while the task runs', async () => {
    const world = engineWorld()
    const row = await given(world, 't1')
    const inside = Promise.withResolvers<string>()
    const started = Promise.withResolvers<void>()
    const app = appOf(
      greet(() => {
        started.resolve()
        return inside.promise
      }),
    )
    const first = execute(world, app, messageFor(row))
    await started.promise
    expect(await execute(world, app, messageFor(row))).toEqual({ delivery: 'return' })
    inside.resolve('done')
    await first
    expect(await execute(world, app, messageFor(row))).toEqual({ delivery: 'acknowledge' })
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', attempt: 1 })
  })

  test('a worker that lost its lease is fenced: the second worker finishes the task', async () => {
    const world = engineWorld()
    const row = await given(world, 't1')
    const slow = Promise.withResolvers<string>()
    const started = Promise.withResolvers<void>()
    let runs = 0
    const app = appOf(
      greet(() => {
        started.resolve()
        return runs++ === 0 ? slow.promise : 'second'
      }),
    )
    // This clock never wakes: the process was frozen until after its timeout and its lease.
    const frozen = { ...world, clock: { now: () => world.now, sleep: () => new Promise<void>(() => {}) } }
    const first = execute(frozen, app, messageFor(row))
    await started.promise
    world.advance(100_000)
    await execute(world, app, messageFor(row))
    slow.resolve('first')
    expect(await first).toEqual({ delivery: 'acknowledge' })
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', output: { inline: 'second' }, attempt: 2, losses: 1 })
    expect(world.metered).toContainEqual({ metric: 'Fenced', value: 1 })
  })

  test.each([undefined, 'process'])('two copies at the same instant run the task once (sole process: %s)', async (sole) => {
    const world = engineWorld()
    const row = await given(world, 't1')
    let runs = 0
    const app = { ...appOf(greet(() => void runs++)), ...(sole ? { sole } : {}) }
    const deliveries = await Promise.all([execute(world, app, messageFor(row)), execute(world, app, messageFor(row))])
    expect(runs).toBe(1)
    expect(deliveries).toContainEqual({ delivery: 'acknowledge' })
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', attempt: 1 })
  })

  test('an older nudge is acknowledged and does nothing', async () => {
    const world = engineWorld()
    const row = await given(world, 't1')
    await apply(world, keyOf('t1'), () => ({ name: 'reschedule', at: world.now, by: 'user:a', notBefore: world.now }))
    expect(await execute(world, appOf(greet(() => 1)), messageFor(row))).toEqual({ delivery: 'acknowledge' })
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', attempt: 0 })
    expect(world.metered).toContainEqual({ metric: 'Superseded', value: 1 })
  })
})

test('a heartbeat fires the signal after a cancel request, and writes nothing', async () => {
  const world = engineWorld()
  const row = await given(world, 't1')
  const app = appOf(
    greet(async ({ heartbeat, signal }) => {
      await heartbeat()
      expect(signal.aborted).toBe(false)
      expect(await rowOf(world, 't1')).toMatchObject({ version: 2 })
      await apply(world, keyOf('t1'), () => ({ name: 'cancel', at: world.now, by: 'user:a', retentionMs: 1 }))
      await heartbeat()
      signal.throwIfAborted()
      return 'not reached'
    }),
  )
  await execute(world, app, messageFor(row))
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'cancelled' })
})

test('a task without its input document fails and is not retried', async () => {
  const world = engineWorld()
  const row = await given(world, 't1', { input: { document: 'gone', bytes: 9 } })
  await execute(world, appOf(greet(() => 'never')), messageFor(row))
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'failed', error: { code: 'InputMissing' } })
})

test('a heartbeat fires the signal after the claim was lost', async () => {
  const world = engineWorld()
  const row = await given(world, 't1')
  const app = appOf(
    greet(async ({ heartbeat, signal }) => {
      const at = world.now + 1_000_000
      await apply(world, keyOf('t1'), () => ({ name: 'claim', at, by: 'w', epoch: row.epoch, owner: 'w', leaseMs: 1 }))
      await heartbeat()
      expect(signal.reason).toMatchObject({ name: 'AbortError', message: 'attempt 1 of task t1 has lost its claim' })
    }),
  )
  await execute(world, app, messageFor(row))
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'running', attempt: 2 })
})

test.each([
  ['a fraction of a millisecond is rounded up', () => snooze(1_000.2), { state: 'scheduled', dueAt: NOON + 1_001 }],
  ['a delay can be a duration text', () => snooze('5m'), { state: 'scheduled', dueAt: NOON + 300_000 }],
  ['an invalid duration text fails', () => snooze('soon'), { state: 'failed', error: { code: 'BadDelay' } }],
  ['a code is cut to its bound', () => giveUp('no use', 'x'.repeat(5_000)), { state: 'failed', error: { code: 'x'.repeat(64) } }],
])('the result is adapted to the row: %s', async (_, run, expected) => {
  expect((await executed(run)).row).toMatchObject(expected)
})

test('a task that started before its deadline is retried after it', async () => {
  const world = engineWorld()
  const row = await given(world, 't1', { expiresAt: world.now + 1_000 })
  const app = appOf(greet(() => retryLater('again', 60_000)))
  await execute(world, app, messageFor(row))
  world.advance(60_000)
  await execute(world, app, messageFor(await rowOf(world, 't1')))
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', attempt: 2 })
})

test('a message that is not a nudge is quarantined for the operators', async () => {
  const world = engineWorld()
  expect(await execute(world, appOf(), { id: 'm9', body: 'garbage', receiveCount: 1 })).toEqual({ delivery: 'acknowledge' })
  const [place] = await world.store.agenda({ tenant: 'carillon', order: 'latest', attention: 'failed', limit: 5 })
  const row = await world.store.get({ kind: 'task', tenant: 'carillon', id: place?.id ?? '' })
  expect(row).toMatchObject({
    state: 'failed',
    type: 'carillon.quarantine',
    input: { inline: { body: 'garbage', messageId: 'm9' } },
  })
})
