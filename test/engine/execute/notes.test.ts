import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Context, defineTask, type Progress, retryLater } from '../../../core/define.ts'
import { LIMITS } from '../../../core/limits.ts'
import type { Notes } from '../../../core/task/progress.ts'
import { execute } from '../../../engine/execute/execute.ts'
import { loadNotes } from '../../../engine/execute/notes.ts'
import type { World } from '../../../engine/world.ts'
import { NOON } from '../../core/task/rows.ts'
import { appOf, type EngineWorld, engineWorld, given, messageFor, rowOf } from '../world.ts'
import { settled, untilDone } from './driving.ts'

type Run = (context: Context<unknown>) => unknown
const greet = (run: Run) => appOf(defineTask('greet', { input: z.unknown(), run: run as () => undefined }))

const untouchable = new Proxy(new Error('hidden'), {
  get: () => {
    throw new Error('no access')
  },
})

const thrower = () => {
  throw new Error('no')
}

type Put = { readonly name: string; readonly notes: Notes; readonly at: number; readonly forgetAt: number | undefined }

/** Runs one attempt; returns the documents that were put, and the row. */
const runAttempt = async (run: (context: Context<unknown>, world: EngineWorld) => unknown, world = engineWorld()) => {
  const puts: Put[] = []
  const store: World['store'] = {
    ...world.store,
    putDocument: async (tenant, taskId, name, text, forgetAt) => {
      puts.push({ name, notes: JSON.parse(text), at: world.now - NOON, forgetAt })
      await world.store.putDocument(tenant, taskId, name, text, forgetAt)
    },
  }
  const row = await given(world, 't1')
  await execute(
    { ...world, store },
    greet((context) => run(context, world)),
    messageFor(row),
  )
  return { puts, row: await rowOf(world, 't1'), world }
}

/** The stored progress of the running attempt. */
const storedProgress = async (world: World) => {
  const { lease } = await rowOf(world, 't1')
  return (await loadNotes(world, { tenant: 'acme', id: 't1' }, lease?.owner ?? '')).progress
}

describe('a heartbeat with progress', () => {
  test('is readable while the task runs, with its time', async () => {
    const progress = { percent: 40, text: 'copying tables', counters: { tables: 120 } }
    let read: unknown
    const { row } = await runAttempt(async ({ heartbeat }, world) => {
      await heartbeat(progress)
      read = await storedProgress(world)
    })
    expect(read).toEqual({ ...progress, at: NOON })
    expect(row).toMatchObject({ state: 'succeeded', version: 3 })
  })

  test('writes at most every few seconds, and writes the last progress in the end', async () => {
    let read: unknown
    const { puts } = await runAttempt(async ({ heartbeat }, world) => {
      for (const percent of [1, 2, 3]) await heartbeat({ percent })
      await untilDone(world, world.clock.sleep(LIMITS.progressEveryMs))
      await settled()
      read = await storedProgress(world)
      await untilDone(world, world.clock.sleep(3 * LIMITS.progressEveryMs))
    })
    expect(puts.map(({ at, notes }) => [at, notes])).toEqual([
      [0, { progress: { percent: 1, at: NOON } }],
      [5_000, { progress: { percent: 3, at: NOON } }],
    ])
    expect(read).toMatchObject({ percent: 3 })
  })

  test('is written before the end of an attempt that does not succeed', async () => {
    const twice = async ({ heartbeat }: Context<unknown>) => {
      await heartbeat({ percent: 1 })
      await heartbeat({ percent: 2 })
    }
    const put = async (run: Run) => (await runAttempt(run)).puts.map(({ notes }) => notes)
    expect(await put((context) => twice(context).then(() => retryLater('not yet')))).toMatchObject([
      { progress: { percent: 1 } },
      { progress: { percent: 2 } },
    ])
    expect(await put((context) => twice(context).then(() => 'done'))).toMatchObject([{ progress: { percent: 1 } }])
  })

  test('has the time-to-live of the task', async () => {
    const { puts, row } = await runAttempt(({ heartbeat }) => heartbeat({ percent: 1 }))
    expect(puts[0]?.forgetAt).toBeLessThanOrEqual(row.forgetAt ?? 0)
  })

  test('does not fail the attempt when it cannot be written, and is written again', async () => {
    const world = engineWorld()
    const row = await given(world, 't1')
    let isThrottled = true
    const store: World['store'] = {
      ...world.store,
      putDocument: async (...of) => {
        if (isThrottled) throw new Error('throttled')
        await world.store.putDocument(...of)
      },
    }
    let read: unknown
    const app = greet(async ({ heartbeat }) => {
      await heartbeat({ percent: 7 })
      isThrottled = false
      await untilDone(world, world.clock.sleep(LIMITS.progressEveryMs))
      await settled()
      read = await storedProgress(world)
    })
    await execute({ ...world, store }, app, messageFor(row))
    expect(read).toMatchObject({ percent: 7 })
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded' })
  })

  test('of an abandoned handler is ignored', async () => {
    const world = engineWorld()
    const row = await given(world, 't1')
    const abandoned = Promise.withResolvers<Context<unknown>>()
    const app = greet((context) => {
      abandoned.resolve(context)
      return new Promise(() => {})
    })
    await untilDone(world, execute(world, app, messageFor(row)))
    await (await abandoned.promise).heartbeat({ percent: 99 })
    const [, , claim] = (await rowOf(world, 't1')).history
    expect(claim?.by).toMatch(/^worker:/)
    expect(await loadNotes(world, row, claim?.by.slice('worker:'.length) ?? '')).toEqual({})
  })

  test.each<[unknown, object, string, string]>([
    [{ percent: 101 }, { percent: 100 }, '/percent', '101 is not 0 to 100; 100 is shown'],
    [{ percent: -1, text: 'a' }, { percent: 0, text: 'a' }, '/percent', '-1 is not 0 to 100; 0 is shown'],
    [{ percent: Number.NaN }, {}, '/percent', 'NaN is not a number, and was dropped'],
    [{ percent: Number.POSITIVE_INFINITY }, { percent: 100 }, '/percent', 'Infinity is not 0 to 100; 100 is shown'],
    [{ percentage: 5 }, {}, '/percentage', 'a field that progress does not have was dropped'],
    [
      { text: 'x'.repeat(501) },
      { text: 'x'.repeat(LIMITS.progressTextCount) },
      '/text',
      `it has 501 characters; the first ${LIMITS.progressTextCount} are shown`,
    ],
    [{ text: new Error('stuck') }, { text: 'stuck' }, '/text', 'it is not a text; it is shown as one'],
    [{ counters: { tables: '7', rows: 1 } }, { counters: { rows: 1 } }, '/counters', 'a counter must be a number'],
    [
      { counters: Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`c${index}`, 1])) },
      { counters: Object.fromEntries(Array.from({ length: LIMITS.countersCount }, (_, index) => [`c${index}`, 1])) },
      '/counters',
      'there are 21 counters; the first 20 are shown',
    ],
    ['halfway', {}, '', 'progress is halfway; it must be an object, and was dropped'],
    [new Proxy({}, { get: thrower, ownKeys: thrower }), {}, '', ''],
  ])(
    'out of bounds (case %#) is fitted into the bounds, with one warning, and does not fail the attempt',
    async (given, progress, path, detail) => {
      const { row, puts, world } = await runAttempt(async ({ heartbeat }) => {
        await heartbeat(given as Progress)
        await heartbeat(given as Progress)
        throw new Error('done')
      })
      expect(row.error?.message).toBe('done')
      expect(puts.at(-1)?.notes.progress).toEqual({ ...progress, at: expect.any(Number) })
      const warnings = world.lines.filter(({ message }) => message === 'attempt.progressChanged').map(({ fields }) => fields)
      expect(warnings).toMatchObject(
        detail === '' ? [] : [{ path: `/progress${path}`, detail: expect.stringContaining(detail), taskId: row.id }],
      )
    },
  )
})

test('a task without progress writes no document', async () => {
  expect((await runAttempt(() => 'done')).puts).toEqual([])
  expect((await runAttempt(({ heartbeat }) => heartbeat())).puts).toEqual([])
  expect((await runAttempt(() => retryLater('not yet'))).puts).toEqual([])
})

describe('the stack of a thrown error', () => {
  test('is stored in the document of the claim, with its cause and without the frames of Node', async () => {
    const cause = new Error('the disk is full')
    const { puts, row, world } = await runAttempt(() => {
      throw new TypeError('cannot copy', { cause })
    })
    const owner = row.history[1]?.by.slice('worker:'.length) ?? ''
    const { stack: text = '' } = await loadNotes(world, row, owner)
    expect(puts).toMatchObject([{ name: `n${owner}`, notes: { stack: text } }])
    expect(text).toMatch(/^TypeError: cannot copy\n {4}at .*notes\.test\.ts/)
    expect(text).toContain('caused by Error: the disk is full')
    expect(text).not.toContain('node:')
  })

  test('is cut to its bound', async () => {
    const { puts } = await runAttempt(() => {
      throw new Error('é'.repeat(LIMITS.stackBytes))
    })
    const { stack: text = '' } = puts[0]?.notes ?? {}
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(LIMITS.stackBytes)
    expect(text).toMatch(/^Error: é+…$/)
  })

  test.each<[string, unknown]>([
    ['a text', 'plain'],
    ['an error without a stack', Object.assign(new Error('bare'), { stack: undefined })],
    ['an error whose stack is no text', Object.assign(new Error('bare'), { stack: ['at work'] })],
    ['an object that throws when it is read', untouchable],
  ])('is absent for %s', async (_, thrown) => {
    const { puts, row } = await runAttempt(() => {
      throw thrown
    })
    expect(puts).toEqual([])
    // The attempt has failed, not the worker.
    expect(row).toMatchObject({ state: 'scheduled', losses: 0, error: { code: 'Error', retriable: true } })
  })
})

test('each log line of an attempt has the correlation id of its claim, and no other line has it', async () => {
  const { world, row } = await runAttempt(({ log }) => {
    log.info('halfway', { correlationId: 'not this one' })
    throw new Error('broke')
  })
  const owner = row.history[1]?.by.slice('worker:'.length)
  const lines = world.lines.map(({ message, fields }) => [message, fields.correlationId])
  expect(lines).toEqual([
    ['task.created', undefined],
    ['task.started', owner],
    ['halfway', owner],
    ['task.retried', owner],
  ])
})
