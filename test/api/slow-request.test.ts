import { expect, test } from 'vitest'
import { apply } from '../../engine/apply.ts'
import { identityOf } from '../../engine/create/insert.ts'
import type { Store } from '../../engine/world.ts'
import { memoryStore } from '../../worlds/memory/store.ts'
import { type EngineWorld, engineWorld } from '../engine/world.ts'
import { scene } from './scene.ts'

/** Points the idempotency key with this id to a task, as a request with that body does. */
const pointKey = (world: EngineWorld, id: string, taskId: string, digest: string) =>
  apply(world, { kind: 'unique', tenant: 'acme', id }, (row) => {
    const command = { name: 'point', at: world.now, by: 'user:other', expectedVersion: row?.version ?? 0 } as const
    return { ...command, forgetAt: world.now + 86_400_000, taskId, digest }
  })

test('a slow request creates no task if its retry has been answered with a duplicate', async () => {
  const store = memoryStore(':memory:')
  const world = Object.assign(engineWorld(), { store })
  const body = { type: 'free', input: { order: 17 }, unique: {} }
  const { request } = scene(world)
  const duplicateId = (await request('POST', '/v1/tasks', { body })).body.id as string
  await request('POST', `/v1/tasks/${duplicateId}/cancel`, { body: {} })

  // While it points the unique key to its own task, a retry that has read the duplicate before its end is answered with it.
  const { id, digest = '' } = identityOf('acme', 'k', body)
  let isFirst = true
  const overtaken: Store['put'] = async (row, expected) => {
    if (row.kind === 'unique' && isFirst) {
      isFirst = false
      await pointKey(world, id, duplicateId, digest)
    }
    return store.put(row, expected)
  }
  const slow = scene(Object.assign(engineWorld(), { store: { ...store, put: overtaken } }))
  const answer = await slow.request('POST', '/v1/tasks', { body, headers: { 'idempotency-key': 'k' } })
  expect([answer.status, answer.body.id]).toEqual([200, duplicateId])
  expect([...store.openTasks()]).toEqual([])
  store.close()
})

// Found by seeds 935160897 and 9000182 of the simulator. A retry read the idempotency key of its request just before the first try
// inserted the task. Its next call took seconds; meanwhile that task had ended, and another request may have created the next one.
test.each([
  ['not with a later duplicate', true],
  ['although that task has ended', false],
])('a slow retry is answered with the task of its first try, %s', async (_, hasLater) => {
  const store = memoryStore(':memory:')
  const world = Object.assign(engineWorld(), { store })
  const { request } = scene(world)
  const body = { type: 'free', input: { order: 17 }, unique: {} }
  const headers = { 'idempotency-key': 'k' }
  const own = (await request('POST', '/v1/tasks', { body, headers })).body.id as string
  await request('POST', `/v1/tasks/${own}/cancel`, { body: {} })
  const later = hasLater ? [(await request('POST', '/v1/tasks', { body })).body.id as string] : []

  let isFirstRead = true
  const get = (async (key) => {
    const isEarly = key.kind === 'task' && key.id === own && isFirstRead
    if (isEarly) isFirstRead = false
    return isEarly ? undefined : store.get(key)
  }) as Store['get']
  const slow = scene(Object.assign(engineWorld(), { store: { ...store, get }, ids: { next: () => 'second' } }))
  const answer = await slow.request('POST', '/v1/tasks', { body, headers })
  expect([answer.status, answer.body.id]).toEqual([200, own])
  expect((await request('POST', '/v1/tasks', { body, headers })).body.id).toBe(own)
  // The request of another caller created a task of its own, and the slow retry created none.
  expect([...store.openTasks()].map((row) => row.id)).toEqual(later)
  store.close()
})

// Found by seed 277203019 of the simulator. The first try of a request had reserved an id under its idempotency key, and crashed.
// A retry read the blocking task, which ended before the retry could point the key to it. Meanwhile a second retry created the
// task with the reserved id, and each retry answered with another task.
test('a retry that was slow to answer with a duplicate answers with the task that another retry has created', async () => {
  const store = memoryStore(':memory:')
  const world = Object.assign(engineWorld(), { store })
  const body = { type: 'free', input: { order: 17 }, unique: {} }
  const headers = { 'idempotency-key': 'k' }
  const { request } = scene(world)
  const duplicateId = (await request('POST', '/v1/tasks', { body })).body.id as string
  const { id, digest = '' } = identityOf('acme', 'k', body)
  await pointKey(world, id, 'reserved', digest)

  const ids: string[] = []
  const overtaken: Store['put'] = async (row, expected) => {
    if (row.kind === 'unique' && row.id === id && ids.length === 0) {
      await request('POST', `/v1/tasks/${duplicateId}/cancel`, { body: {} })
      ids.push((await request('POST', '/v1/tasks', { body, headers })).body.id)
    }
    return store.put(row, expected)
  }
  const slow = scene(Object.assign(engineWorld(), { store: { ...store, put: overtaken } }))
  ids.push((await slow.request('POST', '/v1/tasks', { body, headers })).body.id)
  expect(ids).toEqual([ids[0], ids[0]])
  expect([...store.openTasks()].map((row) => row.id)).toEqual([ids[0]])
  store.close()
})
