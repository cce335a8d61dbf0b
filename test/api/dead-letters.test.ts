import { expect, test } from 'vitest'
import { iso } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { quarantine } from '../../engine/quarantine.ts'
import { keyOf, rowOf } from '../engine/world.ts'
import { deadLetteredTask } from './dead-letter.ts'
import { ALICE, scene } from './scene.ts'

const OPERATOR = { ...ALICE, tenant: 'carillon', scopes: ['carillon/admin'] } as const

test('dead letters are listed with queue, deliveries and reason, newest first, without other failures', async () => {
  const api = scene()
  const first = await deadLetteredTask(api)
  const second = await deadLetteredTask(api)
  const { body: other } = await api.create({ type: 'greet', input: { name: 'Bo' } })
  const error = { code: 'Boom', message: 'it broke', retriable: false }
  const put = await api.world.store.put({ ...(await rowOf(api.world, other.id)), state: 'failed', error, version: 2 }, 1)
  expect(put.written).toBe(true)
  const page = (await api.request('GET', '/v1/dead-letters?limit=1')).body
  expect(page.items).toMatchObject([
    {
      task: second,
      type: 'greet',
      lane: 'normal',
      attempt: 0,
      failedAt: iso(api.world.now),
      error: {
        code: 'DeadLettered',
        provenance: { source: 'lane:normal', receives: LIMITS.queueReceiveCount, reason: 'thrown', at: iso(api.world.now) },
      },
    },
  ])
  expect(page.items[0].error.provenance.bodySha256).toMatch(/^[0-9a-f]{64}$/)
  const rest = (await api.request('GET', `/v1/dead-letters?limit=1&cursor=${page.nextCursor}`)).body
  expect(rest.items.map(({ task }: { task: string }) => task)).toEqual([first])
  expect((await api.request('GET', `/v1/dead-letters?cursor=${page.nextCursor}x`)).status).toBe(400)
  expect((await api.request('GET', `/v1/tasks/${first}`)).body.error.provenance).toMatchObject({ source: 'lane:normal' })
})

test('a redriven task is no longer listed', async () => {
  const api = scene()
  const id = await deadLetteredTask(api)
  await api.request('POST', `/v1/tasks/${id}/redrive`, { body: { reason: 'the executor loads again' } })
  expect((await api.request('GET', '/v1/dead-letters')).body).toEqual({ items: [] })
  expect(await api.world.store.get(keyOf(id))).not.toHaveProperty('error')
})

test('unreadable messages are listed for the operators, in the tenant `carillon`', async () => {
  const api = scene()
  await quarantine(api.world, api.app, { id: 'm1', body: 'garbage', receiveCount: 2, source: 'lane' }, 'system:execute')
  expect((await api.request('GET', '/v1/dead-letters')).body.items).toEqual([])
  expect((await api.request('GET', '/v1/dead-letters', { caller: OPERATOR })).body.items).toMatchObject([
    { type: 'carillon.quarantine', error: { code: 'UnreadableMessage', provenance: { source: 'lane', receives: 2 } } },
  ])
})
