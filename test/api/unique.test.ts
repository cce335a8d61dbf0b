import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { defineTask, retryLater } from '../../core/define.ts'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { execute } from '../../engine/execute/execute.ts'
import { engineWorld, messageFor, rowOf } from '../engine/world.ts'
import { MALLORY, scene, TYPES } from './scene.ts'

const MINUTE = 60_000

describe('a unique task', () => {
  const body = { type: 'free', input: { order: 17, note: 'a' }, delay: '1h', unique: {} }

  test('is created once per type and input: the second request returns the first task', async () => {
    const { create } = scene()
    const first = await create(body)
    const second = await create({ ...body, input: { note: 'a', order: 17 } })
    expect([first.status, second.status]).toEqual([201, 200])
    expect(first.body).not.toHaveProperty('duplicate')
    expect(second.body).toEqual({ ...first.body, duplicate: true })
    expect(second.headers).toMatchObject({ location: `/v1/tasks/${first.body.id}` })
    expect(second.headers).not.toHaveProperty('idempotent-replayed')
  })

  test.each([
    ['another input', { input: { order: 18, note: 'a' } }],
    ['another type', { type: 'notify' }],
    ['no field unique', { unique: undefined }],
    ['other compared fields', { unique: { by: ['/order'] } }],
  ])('is no duplicate of %s', async (_, other) => {
    const { create } = scene()
    await create(body)
    expect((await create({ ...body, ...other })).status).toBe(201)
  })

  test('is no duplicate for another tenant', async () => {
    const { create } = scene()
    await create(body)
    expect((await create(body, { caller: MALLORY })).status).toBe(201)
  })

  test('can compare paths of the input, in any order; two absent values are equal, and null is not absent', async () => {
    const { create } = scene()
    const of = (input: unknown, by = ['/customer/id', '/lines/0', '/length']) => create({ type: 'free', input, unique: { by } })
    const { id } = (await of({ customer: { id: 1 }, lines: ['a', 'b'], x: 1 })).body
    expect((await of({ customer: { id: 1 }, lines: ['a', 'c'], x: 2 }, ['/lines/0', '/length', '/customer/id'])).body.id).toBe(id)
    expect((await of({ customer: { id: 1 }, lines: [], x: 1 })).status).toBe(201)
    expect((await of({ customer: { id: 1 }, lines: [null], x: 1 })).status).toBe(201)
    expect((await of([1, 2, 3])).status).toBe(201)
    expect((await of('abc')).status).toBe(200)
  })

  test('can be shared by several types, without the type in its key', async () => {
    const { create } = scene()
    const unique = { by: ['/order'] }
    const { id } = (await create({ ...body, unique })).body
    expect((await create({ ...body, type: 'notify', unique })).body).toMatchObject({ id, type: 'free', duplicate: true })
  })

  test('allows a new task as soon as it has ended', async () => {
    const { create, request } = scene()
    const { id } = (await create(body)).body
    await request('POST', `/v1/tasks/${id}/cancel`)
    const next = await create(body)
    expect(next.status).toBe(201)
    expect((await create(body)).body.id).toBe(next.body.id)
  })

  test('counts in the states and within the period of the request', async () => {
    const { create, request, world } = scene()
    const daily = { ...body, unique: { states: ['scheduled', 'cancelled'], within: '1h' } }
    const { id } = (await create(daily)).body
    await request('POST', `/v1/tasks/${id}/cancel`)
    world.advance(60 * MINUTE - 1)
    expect((await create(daily)).body).toMatchObject({ id, state: 'cancelled', duplicate: true })
    world.advance(1)
    expect((await create(daily)).status).toBe(201)
  })

  test('takes fields of the second request until it has started', async () => {
    const { create, world } = scene()
    const unique = {
      by: ['/order'],
      onDuplicate: { replace: ['input', 'notBefore', 'expiresAfter', 'tags', 'priority', 'retry'] },
    }
    const first = (await create({ ...body, unique, tags: ['a'], expiresAfter: '5m' })).body
    const second = await create({ type: 'free', input: { order: 17, note: 'b' }, delay: '2h', unique, priority: 'high' })
    expect(second.status).toBe(200)
    expect(second.body).toMatchObject({
      id: first.id,
      input: { order: 17, note: 'b' },
      notBefore: iso(world.now + 120 * MINUTE),
      dueAt: iso(world.now + 120 * MINUTE),
      tags: [],
      duplicate: true,
      replaced: unique.onDuplicate.replace,
    })
    expect(second.body).not.toHaveProperty('expiresAt')
    const row = await rowOf(world, first.id)
    expect(row).toMatchObject({ priority: 'high', version: 2, epoch: 2 })
    expect(row.history.at(-1)).toMatchObject({ by: 'user:alice', reason: expect.stringMatching(/^duplicate: input, notBefore,/) })
  })

  test('keeps its wake-up if only its input is replaced, and runs with the new input', async () => {
    const { create, world, app } = scene(engineWorld(), [
      defineTask('echo', { input: z.object({ order: z.int(), note: z.string() }), run: ({ input }) => input.note }),
    ])
    const unique = { by: ['/order'], onDuplicate: { replace: ['input'] } }
    const { id } = (await create({ type: 'echo', input: { order: 1, note: 'a' }, unique })).body
    const before = await rowOf(world, id)
    const note = 'b'.repeat(1_000)
    expect((await create({ type: 'echo', input: { order: 1, note }, unique, delay: '1h' })).body.input.note).toBe(note)
    await execute(world, app, messageFor(before))
    expect(await rowOf(world, id)).toMatchObject({ state: 'succeeded', epoch: 1 })
  })

  test('is returned unchanged once it has started', async () => {
    const { create, world, app } = scene(engineWorld(), [
      defineTask('once', {
        input: z.object({ order: z.int() }),
        run: ({ attempt }) => (attempt === 1 ? retryLater('not yet') : 'done'),
      }),
    ])
    const unique = { onDuplicate: { replace: ['notBefore'] } }
    const body = { type: 'once', input: { order: 1 }, unique }
    const { id } = (await create(body)).body
    await execute(world, app, messageFor(await rowOf(world, id)))
    const row = await rowOf(world, id)
    expect(row).toMatchObject({ state: 'scheduled', attempt: 1 })
    expect((await create({ ...body, delay: '9h' })).body).toMatchObject({ id, duplicate: true, replaced: [] })
    expect(await rowOf(world, id)).toEqual(row)
  })

  test('keeps its input if a request for another type is a duplicate', async () => {
    const { create } = scene()
    const unique = { by: ['/order'], onDuplicate: { replace: ['input'] } }
    const { id } = (await create({ ...body, unique })).body
    const second = await create({ type: 'notify', input: { order: 17, for: 'notify' }, unique })
    expect(second.body).toMatchObject({ id, input: body.input, replaced: [] })
  })

  test('can be set by its type, and overridden by the request', async () => {
    const { create, request } = scene(engineWorld(), [
      ...TYPES,
      defineTask('single', { input: z.unknown(), unique: { by: ['type'] }, expiresAfter: '10m', run: () => 1 }),
    ])
    const { id, expiresAt, notBefore } = (await create({ type: 'single', input: 1 })).body
    expect(Date.parse(expiresAt) - Date.parse(notBefore)).toBe(10 * MINUTE)
    expect((await create({ type: 'single', input: 2 })).body).toMatchObject({ id, duplicate: true })
    expect((await create({ type: 'single', input: 2, unique: {} })).status).toBe(201)
    expect((await create({ type: 'single', input: 2, debounce: { key: 'k', delay: '1m' } })).status).toBe(201)
    const types = (await request('GET', '/v1/task-types')).body.items
    expect(types.find(({ name }: { name: string }) => name === 'single')).toMatchObject({
      expiresAfter: '10m',
      unique: { by: ['type'], states: ['pending', 'scheduled', 'running', 'waiting'], onDuplicate: 'existing' },
    })
  })

  test('holds within a batch as well', async () => {
    const { request } = scene()
    const { items } = (await request('POST', '/v1/tasks/batch', { body: { tasks: [body, body, body] } })).body
    expect(items.map(({ status }: { status: number }) => status).sort()).toEqual([200, 200, 201])
    expect(new Set(items.map(({ task }: { task: { id: string } }) => task.id)).size).toBe(1)
    expect(items.filter(({ task }: { task: { duplicate?: true } }) => task.duplicate)).toHaveLength(2)
  })
})

describe('under an Idempotency-Key a unique task', () => {
  const body = { type: 'free', input: { order: 17 }, delay: '1h', unique: {} }
  const headers = { 'idempotency-key': 'k' }

  test('is replayed even after it has ended', async () => {
    const { create, request } = scene()
    const { id } = (await create(body, { headers })).body
    await request('POST', `/v1/tasks/${id}/cancel`)
    const again = await create(body, { headers })
    expect([again.status, again.body.id, again.headers['idempotent-replayed']]).toEqual([200, id, 'true'])
    expect(again.body).not.toHaveProperty('duplicate')
  })

  test('is the task that the key first returned, even if another request created it', async () => {
    const { create, request } = scene()
    const { id } = (await create({ ...body, input: { order: 17 } })).body
    expect((await create(body, { headers })).body).toMatchObject({ id, duplicate: true })
    await request('POST', `/v1/tasks/${id}/cancel`)
    const again = await create(body, { headers })
    expect(again.body).toMatchObject({ id, state: 'cancelled', duplicate: true })
    expect(again.headers['idempotent-replayed']).toBe('true')
  })

  test('is refused with another body', async () => {
    const { create, request } = scene()
    await create(body, { headers })
    const other = await request('POST', '/v1/tasks', { body: { ...body, input: { order: 18 } }, headers })
    expect([other.status, other.body.code]).toEqual([409, 'idempotencyConflict'])
  })
})

describe('the key of a unique task', () => {
  const body = { type: 'free', input: { order: 17 }, unique: {} }

  test('is taken over from a request that crashed before it created its task', async () => {
    const { create, request, world } = scene()
    const { put } = world.store
    const failingPut: typeof put = async (row, expected) => {
      if (row.kind === 'task') throw new Error('the process crashed')
      return put(row, expected)
    }
    Object.assign(world.store, { put: failingPut })
    expect((await request('POST', '/v1/tasks', { body })).status).toBe(503)
    Object.assign(world.store, { put })
    const { status, body: made } = await create(body)
    expect(status).toBe(201)
    expect((await create(body)).body).toMatchObject({ id: made.id, duplicate: true })
  })

  test('expires a year after the time of its task, and later if a duplicate arrives after half of that time', async () => {
    const { create, world } = scene()
    const names = () => seen
    const seen: number[] = []
    const { put } = world.store
    Object.assign(world.store, {
      put: (async (row, expected) => {
        if (row.kind === 'unique') seen.push(row.forgetAt)
        return put(row, expected)
      }) satisfies typeof put,
    })
    const start = world.now
    await create({ ...body, ready: false })
    expect(names()).toEqual([start + LIMITS.uniqueKeepMs])
    await create(body)
    expect(names()).toHaveLength(1)
    world.advance(LIMITS.uniqueKeepMs / 2 + 1)
    await create(body)
    expect(names()[1]).toBe(world.now + LIMITS.uniqueKeepMs)
  })
})

describe('an invalid unique or debounce is refused', () => {
  test.each<readonly [string, object, string, RegExp]>([
    [
      'a path without a slash',
      { unique: { by: ['order'] } },
      '/unique/by/0',
      /"order"; it must be "type", "input" or a JSON pointer/,
    ],
    ['a path with a bad escape', { unique: { by: ['type', '/a~2'] } }, '/unique/by/1', /JSON pointer/],
    ['the path of the whole input', { unique: { by: [''] } }, '/unique/by/0', /JSON pointer/],
    ['no compared fields', { unique: { by: [] } }, '/unique/by', /has 0 entries; it must have 1 to 10/],
    ['no states', { unique: { states: [] } }, '/unique/states', /states is empty/],
    ['an unknown state', { unique: { states: ['done'] } }, '/unique/states/0', /"done"; it must be one of/],
    ['no time at all', { unique: { within: '0s' } }, '/unique/within', /above zero/],
    ['an unknown field', { unique: { onDuplicate: { replace: ['lane'] } } }, '/unique/onDuplicate/replace/0', /"lane"/],
    ['a debounce with unique', { unique: {}, debounce: { key: 'k', delay: '1m' } }, '/debounce', /given together with unique/],
    ['a debounce with a delay', { delay: '1m', debounce: { key: 'k', delay: '1m' } }, '/debounce', /given together with delay/],
    [
      'a debounce with a time',
      { notBefore: '2030-01-01T00:00:00Z', debounce: { key: 'k', delay: '1m' } },
      '/debounce',
      /given together with notBefore/,
    ],
    [
      'a debounce with a maximum delay below its delay',
      { debounce: { key: 'k', delay: '2m', maxDelay: '1m' } },
      '/debounce/maxDelay',
      /1m; it must be at least the delay of 2m/,
    ],
    ['a debounce without a key', { debounce: { delay: '2m' } }, '/debounce/key', /missing/],
  ])('%s', async (_, more, path, detail) => {
    const { request } = scene()
    const { status, body } = await request('POST', '/v1/tasks', { body: { type: 'free', input: 1, ...more } })
    expect([status, body.path]).toEqual([400, path])
    expect(body.detail).toMatch(detail)
  })

  test('in the definition of a type', () => {
    const define = (more: object) => () => defineTask('x', { input: z.unknown(), run: () => 1, ...more })
    expect(define({ unique: { by: ['order'] } })).toThrow(/task type x: unique\/by\/0: "order"; it must be/)
    expect(define({ unique: { states: ['schedulde'] } })).toThrow(/Did you mean "scheduled"/)
    expect(define({ expiresAfter: 'soon' })).toThrow(/task type x: expiresAfter is "soon"; it must be a whole number with a unit/)
  })
})
