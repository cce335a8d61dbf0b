import { expect, test } from 'vitest'
import { apply } from '../../engine/apply.ts'
import { identityOf } from '../../engine/create/insert.ts'
import type { Store } from '../../engine/world.ts'
import { memoryStore } from '../../worlds/memory/store.ts'
import { engineWorld } from '../engine/world.ts'
import { scene } from './scene.ts'

test('a slow request creates no task if its retry has been answered with a duplicate', async () => {
  const store = memoryStore(':memory:')
  const world = Object.assign(engineWorld(), { store })
  const body = { type: 'free', input: { order: 17 }, unique: {} }
  const { request } = scene(world)
  const duplicateId = (await request('POST', '/v1/tasks', { body })).body.id as string
  await request('POST', `/v1/tasks/${duplicateId}/cancel`, { body: {} })

  // The first request reserves an id under its key and crashes. The next one finds no open duplicate, because that task has ended.
  const key = { kind: 'unique', tenant: 'acme', id: identityOf('acme', 'k', body).id } as const
  const failingPut: Store['put'] = async (row, expected) => {
    if (row.kind === 'unique' && row.id !== key.id) throw new Error('the process crashed')
    return store.put(row, expected)
  }
  const headers = { 'idempotency-key': 'k' }
  const crashes = scene(Object.assign(engineWorld(), { store: { ...store, put: failingPut } }))
  expect((await crashes.request('POST', '/v1/tasks', { body, headers })).status).toBe(503)

  // While it points the unique key to its own task, another request that has read the duplicate is answered with it.
  const overtaken: Store['put'] = async (row, expected) => {
    if (row.kind === 'unique' && row.id !== key.id)
      await apply(world, key, (known) => {
        if (!known) throw new Error('the key has no name')
        const { version, forgetAt, digest = '' } = known
        return { name: 'point', at: world.now, by: 'user:other', expectedVersion: version, forgetAt, taskId: duplicateId, digest }
      })
    return store.put(row, expected)
  }
  const slow = scene(Object.assign(engineWorld(), { store: { ...store, put: overtaken } }))
  const answer = await slow.request('POST', '/v1/tasks', { body, headers })
  expect([answer.status, answer.body.id]).toEqual([200, duplicateId])
  expect([...store.openTasks()]).toEqual([])
  store.close()
})

// Found by seed 935160897 of the simulator. A retry read the idempotency key of its request just before the first try inserted
// the task. Its next call took seconds; meanwhile that task had ended, and another request had created the next unique task.
test('a slow retry is answered with the task of its first try, not with a later duplicate', async () => {
  const store = memoryStore(':memory:')
  const world = Object.assign(engineWorld(), { store })
  const { request } = scene(world)
  const body = { type: 'free', input: { order: 17 }, unique: {} }
  const headers = { 'idempotency-key': 'k' }
  const own = (await request('POST', '/v1/tasks', { body, headers })).body.id as string
  await request('POST', `/v1/tasks/${own}/cancel`, { body: {} })
  const later = (await request('POST', '/v1/tasks', { body })).body.id as string

  let isFirstRead = true
  const get = (async (key) => {
    const isEarly = key.kind === 'task' && key.id === own && isFirstRead
    if (isEarly) isFirstRead = false
    return isEarly ? undefined : store.get(key)
  }) as Store['get']
  const slow = scene(Object.assign(engineWorld(), { store: { ...store, get } }))
  const answer = await slow.request('POST', '/v1/tasks', { body, headers })
  expect([answer.status, answer.body.id]).toEqual([200, own])
  expect((await request('POST', '/v1/tasks', { body, headers })).body.id).toBe(own)
  expect(later).not.toBe(own)
  store.close()
})
