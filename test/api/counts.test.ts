import { expect, test } from 'vitest'
import type { TaskRow } from '../../core/task/row.ts'
import { scene } from './scene.ts'

test('a task shows its lost workers and interruptions, and nothing when there are none', async () => {
  const { world, create, request } = scene()
  const { body } = await create({ type: 'free', input: 1 })
  expect(body).not.toHaveProperty('losses')
  expect(body).not.toHaveProperty('interruptions')
  const row = (await world.store.get({ kind: 'task', tenant: 'acme', id: body.id })) as TaskRow
  await world.store.put({ ...row, version: row.version + 1, attempt: 5, losses: 2, interruptions: 3 }, row.version)
  expect((await request('GET', `/v1/tasks/${body.id}`)).body).toMatchObject({ attempt: 5, losses: 2, interruptions: 3 })
})
