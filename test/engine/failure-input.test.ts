import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { defineTask, giveUp, type Json } from '../../core/define.ts'
import { LIMITS } from '../../core/limits.ts'
import { documentsOf, failureTaskId, type TaskRow } from '../../core/task/row.ts'
import { execute } from '../../engine/execute/execute.ts'
import { loadPayload } from '../../engine/payload.ts'
import { relay } from '../../engine/relay.ts'
import { scene } from '../api/scene.ts'
import { type EngineWorld, messageFor, rowOf } from './world.ts'

/** Failure tasks with an input of their own: `onFailure: {type, input}`. */

const TYPES = [
  defineTask('broken', { input: z.unknown(), run: () => giveUp('it cannot be done', 'Hopeless') }),
  defineTask('own', { input: z.unknown(), onFailure: { type: 'hook', input: { to: 'own' } }, run: () => giveUp('no') }),
  defineTask('hook', {
    input: z.strictObject({ to: z.string(), note: z.string().optional(), failure: z.looseObject({ taskId: z.string() }) }),
    failureField: 'failure',
    run: () => 'called',
  }),
  defineTask('plain', { input: z.object({ to: z.string() }), run: () => 'called' }),
  defineTask('any', { input: z.unknown(), failureField: 'failure', run: () => 'called' }),
]

const world = () => scene(undefined, TYPES)
type Scene = ReturnType<typeof world>

const failed = async ({ world, app, create }: Scene, onFailure?: unknown, input: Json = { n: 1 }): Promise<TaskRow> => {
  const { id } = (await create({ type: 'broken', input, ...(onFailure === undefined ? {} : { onFailure }) })).body
  return fail(world, app, id)
}
const fail = async (world: EngineWorld, app: Scene['app'], id: string): Promise<TaskRow> => {
  const before = await rowOf(world, id)
  await execute(world, app, messageFor(before))
  const after = await rowOf(world, id)
  await relay(world, { before, after })
  return after
}
const inputOf = async (world: EngineWorld, id: string): Promise<unknown> => {
  const row = await rowOf(world, id)
  return loadPayload(world, row, row.input)
}
const failureOf = (id: string, input: unknown = { n: 1 }) => ({
  taskId: id,
  type: 'broken',
  attempts: 1,
  error: { code: 'Hopeless', message: 'it cannot be done', retriable: false },
  input,
})

describe('the input of a failure task', () => {
  test('is the given input, with the failure in the field of the type', async () => {
    const it = world()
    const row = await failed(it, { type: 'hook', input: { to: 'ops' } })
    const id = failureTaskId(row)
    expect(await inputOf(it.world, id)).toEqual({ to: 'ops', failure: failureOf(row.id) })
    expect(await rowOf(it.world, id)).toMatchObject({ type: 'hook', failureOf: row.id })
    expect(await rowOf(it.world, id)).not.toHaveProperty('failureField')
    await execute(it.world, it.app, messageFor(await rowOf(it.world, id)))
    expect(await rowOf(it.world, id)).toMatchObject({ state: 'succeeded' })
  })

  test.each<readonly [string, unknown, unknown]>([
    ['has the field itself', { type: 'any', input: { failure: null } }, { failure: null }],
    ['is no object', { type: 'any', input: ['a'] }, ['a']],
    ['is null', { type: 'any', input: null }, null],
    ['is of a type without such a field', { type: 'plain', input: { to: 'ops' } }, { to: 'ops' }],
  ])('is the given input unchanged when that %s', async (_, onFailure, input) => {
    const it = world()
    expect(await inputOf(it.world, failureTaskId(await failed(it, onFailure)))).toEqual(input)
  })

  test('is the failure when no input is given', async () => {
    const it = world()
    const row = await failed(it, { type: 'any' })
    expect(await inputOf(it.world, failureTaskId(row))).toEqual(failureOf(row.id))
    expect((await it.request('GET', `/v1/tasks/${row.id}`)).body.onFailure).toBe('any')
  })

  test("is the type's, and the task's takes precedence", async () => {
    const it = world()
    const ids = [{}, { onFailure: { type: 'hook', input: { to: 'mine' } } }].map(
      async (more) => (await it.create({ type: 'own', input: 1, ...more })).body.id,
    )
    for (const [index, to] of ['own', 'mine'].entries()) {
      const row = await fail(it.world, it.app, await (ids[index] as Promise<string>))
      expect(await inputOf(it.world, failureTaskId(row))).toMatchObject({ to, failure: { taskId: row.id } })
    }
  })

  test("is the deployment's for tasks that name none", async () => {
    const it = scene(undefined, TYPES, { onFailure: { type: 'hook', input: { to: 'all' } } })
    expect(await inputOf(it.world, failureTaskId(await failed(it)))).toMatchObject({ to: 'all' })
  })

  test('that is large is a document, which the API shows and which is dropped with the row', async () => {
    const it = world()
    const note = 'x'.repeat(1_000)
    const row = await failed(it, { type: 'hook', input: { to: 'ops', note } })
    expect(row.onFailure?.input).toMatchObject({ document: expect.any(String), bytes: 1_022 })
    expect(documentsOf(row)).toHaveLength(1)
    expect(await inputOf(it.world, failureTaskId(row))).toEqual({ to: 'ops', note, failure: failureOf(row.id) })
    const shown = (await it.request('GET', `/v1/tasks/${row.id}`)).body
    expect(shown.onFailure).toEqual({ type: 'hook', input: { to: 'ops', note } })
    const [listed] = (await it.request('GET', '/v1/tasks?type=broken')).body.items
    expect(listed.onFailure).toEqual({ type: 'hook', inputBytes: 1_022 })
    // The store has deleted the row.
    Object.assign(it.world.store, { get: async () => undefined })
    await relay(it.world, { before: row })
    expect(await loadPayload(it.world, row, row.onFailure?.input ?? { inline: 'none' })).toBeUndefined()
  })

  test('without the input of the failed task, when both together are too large', async () => {
    const it = world()
    const note = 'x'.repeat(LIMITS.failureInputBytes - 100)
    const row = await failed(it, { type: 'hook', input: { to: 'ops', note } }, 'y'.repeat(LIMITS.payloadBytes - 100))
    const { input: _, ...summary } = failureOf(row.id)
    expect(await inputOf(it.world, failureTaskId(row))).toEqual({ to: 'ops', note, failure: { ...summary, inputOmitted: true } })
  })

  test('survives a redrive: the second failure has a failure task of its own', async () => {
    const it = world()
    const row = await failed(it, { type: 'hook', input: { to: 'ops' } })
    await it.request('POST', `/v1/tasks/${row.id}/redrive`)
    const again = await fail(it.world, it.app, row.id)
    expect(failureTaskId(again)).not.toBe(failureTaskId(row))
    expect(await inputOf(it.world, failureTaskId(again))).toMatchObject({ to: 'ops', failure: { taskId: row.id } })
  })

  test('survives an amendment by a duplicate, which does not replace it', async () => {
    const it = world()
    const request = (n: number, to: string) => ({
      type: 'broken',
      input: { n },
      debounce: { key: 'k', delay: '0s' },
      onFailure: { type: 'hook', input: { to, note: 'x'.repeat(1_000) } },
    })
    const { id } = (await it.create(request(1, 'first'))).body
    expect((await it.create(request(2, 'second'))).body).toMatchObject({ id, debounced: true })
    const row = await fail(it.world, it.app, id)
    expect(await inputOf(it.world, failureTaskId(row))).toMatchObject({ to: 'first', failure: { input: { n: 2 } } })
  })

  test('is given by each entry of a batch', async () => {
    const it = world()
    const entry = (to: string) => ({ type: 'broken', input: { n: 1 }, onFailure: { type: 'hook', input: { to } } })
    const { body } = await it.request('POST', '/v1/tasks/batch', {
      body: { tasks: [entry('a'), { ...entry('b'), onFailure: { type: 'hook', input: {} } }] },
    })
    expect(body.items).toMatchObject([
      { status: 201, task: { onFailure: { type: 'hook', input: { to: 'a' } } } },
      { status: 400, error: { path: '/onFailure/input/to' } },
    ])
  })

  test('of a lost race for one idempotency key leaves no document', async () => {
    const it = world()
    const stored = new Set<string>()
    const { putDocument, dropDocument } = it.world.store
    const put: typeof putDocument = (...of) => {
      stored.add(of[2])
      return putDocument(...of)
    }
    const drop: typeof dropDocument = (...of) => {
      stored.delete(of[2])
      return dropDocument(...of)
    }
    Object.assign(it.world.store, { putDocument: put, dropDocument: drop })
    const post = (letter: string) =>
      it.request('POST', '/v1/tasks', {
        body: { type: 'broken', input: 1, onFailure: { type: 'hook', input: { to: letter.repeat(1_000) } } },
        headers: { 'idempotency-key': 'k' },
      })
    const answers = await Promise.all(['a', 'b', 'c'].map(post))
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, 409, 409])
    expect(stored.size).toBe(1)
  })
})

describe('an onFailure is refused at the creation', () => {
  test.each<readonly [string, unknown, string, RegExp]>([
    ['of another form', 5, '/onFailure', /^\/onFailure: 5; it must be the name of a task type, or \{"type"/],
    ['without a type', { input: {} }, '/onFailure/type', /missing/],
    ['with an unknown field', { type: 'hook', inputs: {} }, '/onFailure/inputs', /unknown field/],
    ['with an unknown type', { type: 'hok', input: {} }, '/onFailure/type', /no task type "hok".*did you mean hook/],
    [
      'whose input misses a field',
      { type: 'hook', input: {} },
      '/onFailure/input/to',
      /missing; it must be a string; type hook gets the failure in \/failure/,
    ],
    ['whose input has a wrong value', { type: 'hook', input: { to: 1 } }, '/onFailure/input/to', /1; it must be a string/],
    [
      'whose own failure is wrong',
      { type: 'hook', input: { to: 'a', failure: {} } },
      '/onFailure/input/failure/taskId',
      /missing/,
    ],
    ['whose input is no object', { type: 'hook', input: 'ops' }, '/onFailure/input', /it must be an object/],
    [
      'whose type cannot take the failure itself',
      { type: 'hook' },
      '/onFailure',
      /type hook cannot take a failure as its input: .*give the failure task an input of its own/,
    ],
    [
      'whose input is too large',
      { type: 'any', input: 'x'.repeat(LIMITS.failureInputBytes) },
      '/onFailure/input',
      /it has 65538 bytes as JSON; the maximum is 65536/,
    ],
  ])('%s', async (_, onFailure, path, detail) => {
    const {
      request,
      world: { store },
    } = world()
    const { status, body } = await request('POST', '/v1/tasks', { body: { type: 'broken', input: 1, onFailure } })
    expect([status, body.path]).toEqual([body.code === 'tooLarge' ? 413 : 400, path])
    expect(body.detail).toMatch(detail)
    expect(await store.agenda({ tenant: 'acme', order: 'latest', limit: 1 })).toEqual([])
  })
})

test('the list of types shows the failure task and the field of a failure', async () => {
  const { items } = (await world().request('GET', '/v1/task-types')).body
  expect(items.find(({ name }: { name: string }) => name === 'own')).toMatchObject({
    onFailure: { type: 'hook', input: { to: 'own' } },
  })
  expect(items.find(({ name }: { name: string }) => name === 'hook')).toMatchObject({ failureField: 'failure' })
})
