import { testWorld } from 'carillon/testing'
import { expect, test } from 'vitest'
import { shipmentTypes, WarehouseError } from './retries.ts'

/** A world with a warehouse that calls these functions one after the other. */
const warehouse = (...answers: (() => 'posted' | 'not yet')[]) =>
  testWorld({
    types: shipmentTypes(async () => (answers.shift() ?? (() => 'posted' as const))()),
    onFailure: 'notify-operations',
  })

const locked = () => {
  throw new WarehouseError('Locked', 'a stock count is running')
}
const input = { shipment: 'S-17' }

test('a locked shipment is retried after each wait of the list', async () => {
  await using world = await warehouse(locked, locked, locked)
  const begin = world.now()
  const id = await world.create('post-shipment', input)
  await world.expectTask(id).toSucceed({ output: { posted: true } })
  await world.expectTask(id).toHaveAttempts(4)
  expect(world.now() - begin).toBe(10_000 + 60_000 + 300_000)
})

test('an error that is not on the list is final', async () => {
  await using world = await warehouse(() => {
    throw new WarehouseError('Unknown', 'there is no such shipment')
  })
  const id = await world.create('post-shipment', input)
  const { error, history } = await world.expectTask(id).toFail({ code: 'Unknown' })
  expect(error?.retriable).toBe(false)
  expect(history.at(-1)?.reason).toBe('not on the list of retriable errors; Unknown: there is no such shipment')
})

test('an empty error is final', async () => {
  await using world = await warehouse(() => {
    throw new Error('')
  })
  const id = await world.create('post-shipment', input)
  expect((await world.expectTask(id).toFail({ code: 'Empty' })).error?.message).toBe('(no message)')
})

test('a snooze uses no attempt, and the maximum age still applies', async () => {
  await using world = await warehouse(...Array.from({ length: 200 }, () => () => 'not yet' as const))
  const id = await world.create('post-shipment', input)
  const { attempt } = await world.expectTask(id).toFail({ code: 'TooOld' })
  expect(attempt).toBe(121) // at once, and every half minute of the hour
})

test('the catch-all handles a failure without an own failure task, and both tasks link to each other', async () => {
  await using world = await warehouse(locked, locked, locked, locked)
  const id = await world.create('post-shipment', input)
  const { failureTask = '' } = await world.expectTask(id).toFail({ code: 'Locked' })
  const { failureOf } = await world.expectTask(failureTask).toSucceed()
  expect(failureOf).toBe(id)
  expect(await world.get(id)).toMatchObject({ failureTask, failureTaskState: 'succeeded' })
  expect(world.logs()).toContainEqual(expect.objectContaining({ message: `post-shipment ${id} failed as Locked` }))
})
