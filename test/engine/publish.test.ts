import { expect, test } from 'vitest'
import { publish } from '../../engine/publish.ts'
import { relay } from '../../engine/relay.ts'
import { POLICY } from '../core/task/rows.ts'
import { engineWorld, given } from './world.ts'

const withEvents = { policy: { ...POLICY, events: 'all' } } as const

test('publishes the event of a change, and sends no message', async () => {
  const world = engineWorld()
  const after = await given(world, 't1', withEvents)
  await publish(world, { after })
  expect(world.published).toMatchObject([{ id: 't1-1', type: 'carillon.task.created' }])
  expect(world.sent).toEqual([])
})

test('publishes nothing for a task without events and nothing for a tenant', async () => {
  const world = engineWorld()
  await publish(world, { after: await given(world, 't2') })
  const tenant = await world.store.get({ kind: 'tenant', tenant: 'acme', id: 'acme' })
  if (!tenant) throw new Error('the tenant was not opened')
  await publish(world, { after: tenant })
  expect(world.published).toEqual([])
})

test.each([
  ['all', ['carillon.task.removed']],
  ['terminal', []],
  ['none', []],
] as const)('for a deleted row with %s events it publishes %j', async (events, types) => {
  const world = engineWorld()
  await publish(world, { before: await given(world, 't1', { policy: { ...POLICY, events } }) })
  expect(world.published.map(({ type }) => type)).toEqual(types)
})

test('throws the fault of the bus, so that the change is published again', async () => {
  const world = engineWorld()
  const after = await given(world, 't1', withEvents)
  const down = { ...world, bus: { publish: () => Promise.reject(new Error('the bus is down')) } }
  await expect(publish(down, { after })).rejects.toThrow('the bus is down')
  expect(world.metered).toContainEqual({ metric: 'EventsRefused', value: 1 })
})

test('the relay wakes a task during an outage of the bus, and publishes nothing itself', async () => {
  const world = engineWorld()
  const after = await given(world, 't1', withEvents)
  await relay({ ...world, bus: { publish: () => Promise.reject(new Error('the bus is down')) } } as typeof world, { after })
  expect(world.sent).toMatchObject([{ nudge: { id: 't1' } }])
  expect(world.published).toEqual([])
})
