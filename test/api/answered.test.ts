import { expect, test } from 'vitest'
import { apply } from '../../engine/apply.ts'
import { identityOf } from '../../engine/create/insert.ts'
import type { Store } from '../../engine/world.ts'
import { memoryStore } from '../../worlds/memory/store.ts'
import { handWorld } from '../engine/world.ts'
import { scene } from './scene.ts'

test('of two tries of one request, the slow one does not create a task when the other has been answered with one that was in its way', async () => {
  const store = memoryStore(':memory:')
  const world = Object.assign(handWorld(), { store })
  const body = { type: 'free', input: { order: 17 }, unique: {} }
  const { ask } = scene(world)
  const inTheWay = (await ask('POST', '/v1/tasks', { body })).body.id as string
  await ask('POST', `/v1/tasks/${inTheWay}/cancel`, { body: {} })

  // A first try reserves an id under its key and dies; the next one finds nobody in its way, because that task has ended by now.
  const key = { kind: 'unique', tenant: 'acme', id: identityOf('acme', 'k', body).id } as const
  const dying: Store['put'] = async (row, expected) => {
    if (row.kind === 'unique' && row.id !== key.id) throw new Error('the process died')
    return store.put(row, expected)
  }
  const headers = { 'idempotency-key': 'k' }
  const dies = scene(Object.assign(handWorld(), { store: { ...store, put: dying } }))
  expect((await dies.ask('POST', '/v1/tasks', { body, headers })).status).toBe(503)

  // While it points the name to its own task, another try that saw the task in its way is answered with that.
  const overtaken: Store['put'] = async (row, expected) => {
    if (row.kind === 'unique' && row.id !== key.id)
      await apply(world, key, (known) => {
        if (!known) throw new Error('the key has no name')
        const { version, forgetAt, digest = '' } = known
        return { name: 'point', at: world.now, by: 'user:other', expectedVersion: version, forgetAt, taskId: inTheWay, digest }
      })
    return store.put(row, expected)
  }
  const slow = scene(Object.assign(handWorld(), { store: { ...store, put: overtaken } }))
  const answer = await slow.ask('POST', '/v1/tasks', { body, headers })
  expect([answer.status, answer.body.id]).toEqual([200, inTheWay])
  expect([...store.openTasks()]).toEqual([])
  store.close()
})
