import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask, type TaskDefinition } from '../../../core/define.ts'
import type { Row } from '../../../core/kinds.ts'
import { DEFAULT_LANES, lane } from '../../../core/lanes.ts'
import { LIMITS } from '../../../core/limits.ts'
import { encodeNudge, type Nudge } from '../../../core/row/nudge.ts'
import type { TaskRow } from '../../../core/task/row.ts'
import { handleDeadLetter } from '../../../engine/dead-letters.ts'
import { execute } from '../../../engine/execute/execute.ts'
import { loadNotes } from '../../../engine/execute/notes.ts'
import type { Message } from '../../../engine/message.ts'
import type { Store } from '../../../engine/world.ts'
import { POLICY } from '../../core/task/rows.ts'
import { appOf, type EngineWorld, engineWorld, given, messageFor, rowOf } from '../world.ts'
import { untilDone } from './driving.ts'

type Run = TaskDefinition<z.ZodType>['run']
const FUNCTION_MS = DEFAULT_LANES.normal?.functionTimeoutMs ?? 0

/** A world whose store refuses the calls for which `isRefused` is true, as a throttled partition does. */
const refusing = (isRefused: (verb: keyof Store, row?: Row) => boolean) => {
  const world = engineWorld()
  const check = (verb: keyof Store, row?: Row) => {
    if (isRefused(verb, row)) throw new Error(`${verb}: the throughput of the partition was exceeded`)
  }
  const { get, put, putDocument, getDocument } = world.store
  Object.assign(world, {
    store: {
      ...world.store,
      get: async (key) => {
        check('get')
        return get(key)
      },
      put: async (row, expected) => {
        check('put', row)
        return put(row, expected)
      },
      putDocument: async (...of) => {
        check('putDocument')
        return putDocument(...of)
      },
      getDocument: async (...of) => {
        check('getDocument')
        return getDocument(...of)
      },
    } satisfies Store,
  })
  return world
}

/** Refuses the first `count` calls. */
const first = (count: number, isMeant: (verb: keyof Store, row?: Row) => boolean) => {
  let refused = 0
  return (verb: keyof Store, row?: Row) => isMeant(verb, row) && refused++ < count
}
const isResult = (verb: keyof Store, row?: Row) =>
  verb === 'put' && row?.kind === 'task' && row.attempt > 0 && row.state !== 'running'
const isClaim = (verb: keyof Store, row?: Row) => verb === 'put' && row?.kind === 'task' && row.state === 'running'

/** Executes the task as a function does, until its timeout. */
const executed = (world: EngineWorld, run: Run, row: TaskRow, message: Message = messageFor(row)) =>
  untilDone(
    world,
    execute(world, appOf(defineTask('greet', { input: z.unknown(), run })), { ...message, deadlineAt: world.now + FUNCTION_MS }),
  )

const ACKNOWLEDGED = { delivery: 'acknowledge' }
const LONG = 'x'.repeat(1_000)

describe('a store that refuses calls of a live worker', () => {
  test.each<readonly [string, Parameters<typeof refusing>[0], Run, object]>([
    ['the result, six times', first(6, isResult), () => 'done', { state: 'succeeded', output: { inline: 'done' } }],
    ['the output', first(5, (verb) => verb === 'putDocument'), () => LONG, { state: 'succeeded', output: { bytes: 1_002 } }],
    ['the input', first(3, (verb) => verb === 'getDocument'), ({ input }) => String(input).length, { output: { inline: 1_000 } }],
    ['the claim', first(3, isClaim), () => 'done', { state: 'succeeded', output: { inline: 'done' } }],
    ['the row', first(3, (verb) => verb === 'get'), () => 'done', { state: 'succeeded', output: { inline: 'done' } }],
  ])('runs the handler once: %s', async (_, isRefused, run, expected) => {
    let isReady = false
    const world = refusing((verb, row) => isReady && isRefused(verb, row))
    const digest = 'document'
    await world.store.putDocument('acme', 't1', digest, JSON.stringify(LONG))
    const row = await given(world, 't1', { input: { document: digest, bytes: 1_002 } })
    isReady = true
    let runs = 0
    const delivery = await executed(
      world,
      (context) => {
        runs++
        return run(context)
      },
      row,
    )
    expect(delivery).toEqual(ACKNOWLEDGED)
    expect(runs).toBe(1)
    expect(await rowOf(world, 't1')).toMatchObject({ ...expected, attempt: 1, losses: 0 })
    expect(await rowOf(world, 't1')).not.toHaveProperty('interruptions')
  })

  test('keeps the stack of a failure, and the result does not wait for it for long', async () => {
    const fails: Run = () => {
      throw new Error('it broke')
    }
    const world = refusing(first(4, (verb) => verb === 'putDocument'))
    await executed(world, fails, await given(world, 't1'))
    const { history } = await rowOf(world, 't1')
    expect(await loadNotes(world, { tenant: 'acme', id: 't1' }, String(history[1]?.by.slice(7)))).toMatchObject({
      stack: expect.stringContaining('it broke'),
    })

    const silent = refusing((verb) => verb === 'putDocument')
    await executed(silent, fails, await given(silent, 't1'))
    expect(await rowOf(silent, 't1')).toMatchObject({ state: 'scheduled', error: { message: 'it broke' } })
  })

  test('recognizes a claim that took effect although its answer was lost', async () => {
    const world = engineWorld()
    const { put } = world.store
    let lost = 0
    Object.assign(world.store, {
      put: async (row: Row, expected: number) => {
        const answer = await put(row, expected)
        if (isClaim('put', row) && lost++ === 0) throw new Error('no answer came')
        return answer
      },
    })
    let runs = 0
    await executed(world, () => void runs++, await given(world, 't1'))
    expect(runs).toBe(1)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', attempt: 1, losses: 0 })
  })

  test('is asked less and less often', async () => {
    const world = refusing(isResult)
    const tries: number[] = []
    const { put } = world.store
    Object.assign(world.store, {
      put: (row: Row, expected: number) => {
        if (isResult('put', row)) tries.push(world.now)
        return put(row, expected)
      },
    })
    await executed(world, () => 'done', await given(world, 't1'))
    const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0))
    expect(Math.max(...waits)).toBeLessThanOrEqual(LIMITS.persistMostMs)
    expect(tries.length).toBeGreaterThan(10)
    expect(tries.length).toBeLessThan(40)
  })
})

describe('a claim that the store refuses until the attempt would have too little time', () => {
  test('burns nothing: the message comes again, and the row is as it was', async () => {
    const world = refusing(isClaim)
    const row = await given(world, 't1')
    let runs = 0
    await expect(executed(world, () => void runs++, row)).rejects.toThrow('throughput')
    expect(runs).toBe(0)
    expect(await rowOf(world, 't1')).toEqual(row)
    expect(world.sent).toEqual([])
  })
})

test('a slow answer to a claim is awaited on a short lane, whose function has no time to spare', async () => {
  const quick = lane('quick', 6_000)
  const world = engineWorld()
  const { store } = world
  const slow = {
    ...store,
    get: async (key: Parameters<Store['get']>[0]) => world.clock.sleep(300).then(() => store.get(key)),
  } as Store
  const row = await given(world, 't1', { policy: { ...POLICY, lane: 'quick', timeoutMs: quick.handlerTimeoutMs } })
  const app = { ...appOf(defineTask('greet', { input: z.unknown(), run: () => 'done' })), lanes: { ...DEFAULT_LANES, quick } }
  const message = { ...messageFor(row), deadlineAt: world.now + quick.functionTimeoutMs }
  expect(await untilDone(world, execute({ ...world, store: slow }, app, message))).toEqual(ACKNOWLEDGED)
  expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', losses: 0 })
})

/** A task whose result was refused until the end of its function; and the message that was sent instead. */
const unstored = async (isRefused = isResult) => {
  let isThrottled = true
  const world = refusing((verb, row) => isThrottled && isRefused(verb, row))
  const row = await given(world, 't1')
  const delivery = await executed(world, () => 'done', row)
  isThrottled = false
  const sent = world.sent.at(-1)?.nudge as Nudge
  return { world, row, delivery, sent, message: { ...messageFor(row), body: encodeNudge(sent) } }
}

describe('a result that the store does not take before the function ends', () => {
  test('is told by a message, which takes the place of the present one', async () => {
    const { world, row, delivery, sent } = await unstored()
    expect(delivery).toEqual(ACKNOWLEDGED)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'running', attempt: 1 })
    expect(sent).toMatchObject({ id: 't1', epoch: row.epoch, unstored: (await rowOf(world, 't1')).lease?.owner })
    expect(world.sent).toHaveLength(1)
    expect(world.now).toBeLessThan(row.createdAt + FUNCTION_MS)
    expect(world.lines).toContainEqual(expect.objectContaining({ level: 'error', message: 'attempt.unstored' }))
  })

  test('makes its attempt an interruption: no lost worker, and due again at once', async () => {
    const { world, message } = await unstored()
    world.advance(LIMITS.unstoredWaitMs)
    expect(await executed(world, () => 'never', await rowOf(world, 't1'), message)).toEqual(ACKNOWLEDGED)
    const row = await rowOf(world, 't1')
    expect(row).toMatchObject({ state: 'scheduled', attempt: 1, losses: 0, interruptions: 1 })
    expect(row.history.at(-1)).toMatchObject({ code: 'Interrupted', reason: 'the store did not take the result of attempt 1' })
    await executed(world, () => 'at last', row)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', output: { inline: 'at last' }, attempt: 2 })
  })

  test('never makes the task fail as WorkerLost, however often it happens', async () => {
    const isThrottled = { now: true }
    const world = refusing((verb, row) => isThrottled.now && isResult(verb, row))
    let row = await given(world, 't1', { policy: { ...POLICY, retry: { policy: 'none', losses: 0 } } })
    for (let turn = 1; turn <= 10; turn++) {
      isThrottled.now = true
      await executed(world, () => 'done', row)
      isThrottled.now = false
      world.advance(LIMITS.unstoredWaitMs)
      const body = encodeNudge(world.sent.at(-1)?.nudge as Nudge)
      await executed(world, () => 'never', row, { ...messageFor(row), body })
      row = await rowOf(world, 't1')
      expect(row).toMatchObject({ state: 'scheduled', attempt: turn, losses: 0, interruptions: turn })
    }
    await executed(world, () => 'done', row)
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'succeeded', attempt: 11 })
  })

  test('is told when the store hangs', async () => {
    const world = engineWorld()
    const { put } = world.store
    Object.assign(world.store, {
      put: (row: Row, expected: number) => (isResult('put', row) ? new Promise(() => {}) : put(row, expected)),
    })
    const row = await given(world, 't1')
    expect(await executed(world, () => 'done', row)).toEqual(ACKNOWLEDGED)
    expect(world.sent).toMatchObject([{ nudge: { unstored: expect.any(String) } }])
    expect(world.now).toBeLessThan(row.createdAt + FUNCTION_MS)
  })

  test('is told by a message that is tried again, too', async () => {
    const world = refusing(isResult)
    const { send } = world.queue
    let tries = 0
    Object.assign(world.queue, {
      send: async (...of: Parameters<typeof send>) => {
        if (++tries < 3) throw new Error('throttled')
        return send(...of)
      },
    })
    expect(await executed(world, () => 'done', await given(world, 't1'))).toEqual(ACKNOWLEDGED)
    expect(world.sent).toHaveLength(1)
  })

  test('leaves the message to the queue when it cannot be told', async () => {
    const world = refusing(isResult)
    Object.assign(world.queue, { send: () => Promise.reject(new Error('the queue is unavailable')) })
    await expect(executed(world, () => 'done', await given(world, 't1'))).rejects.toThrow('the queue is unavailable')
  })
})

describe('the message about an unstored result', () => {
  test('changes nothing when the task has ended since', async () => {
    const { world, row, message } = await unstored()
    world.advance(FUNCTION_MS * 2)
    await executed(world, () => 'again', row, messageFor(row))
    const ended = await rowOf(world, 't1')
    expect(ended).toMatchObject({ state: 'succeeded' })
    expect(await executed(world, () => 'never', ended, message)).toEqual(ACKNOWLEDGED)
    expect(await rowOf(world, 't1')).toEqual(ended)
  })

  test('does not touch the attempt of another worker', async () => {
    const { world, message } = await unstored()
    world.advance(FUNCTION_MS * 2)
    const held = await rowOf(world, 't1')
    const other = { ...held, version: held.version + 1, attempt: 2, lease: { owner: 'other', until: world.now + FUNCTION_MS } }
    await world.store.put(other, held.version)
    expect(await executed(world, () => 'never', held, message)).toEqual(ACKNOWLEDGED)
    expect(await rowOf(world, 't1')).toEqual(other)
  })

  test('tells the same as a dead letter', async () => {
    const { world, message } = await unstored()
    await handleDeadLetter(world, appOf(), { ...message, source: 'lane:normal' })
    expect(await rowOf(world, 't1')).toMatchObject({ state: 'scheduled', losses: 0, interruptions: 1 })
  })
})
