import { testWorld } from 'carillon/testing'
import { expect, test } from 'vitest'
import { remind } from './reminders.ts'

test('a second reminder of an invoice replaces the first', async () => {
  await using world = await testWorld({ types: [remind] })
  const first = await world.create(remind, { invoice: 'I-1', text: 'please' }, { delay: '1d' })
  const second = await world.create(remind, { invoice: 'I-1', text: 'pretty please' }, { delay: '2d' })
  const other = await world.create(remind, { invoice: 'I-2', text: 'please' }, { delay: '1d' })
  expect(second).toBe(first)
  expect(other).not.toBe(first)

  await world.advance('1d')
  await world.expectTask(other).toSucceed()
  expect(await world.get(first)).toMatchObject({ state: 'scheduled', input: { text: 'pretty please' } })
  await world.advance('1d')
  await world.expectTask(first).toSucceed()
})

test('a reminder that is held for more than an hour after its time expires', async () => {
  await using world = await testWorld({ types: [remind] })
  const id = await world.create(remind, { invoice: 'I-1', text: 'please' }, { ready: false })
  await world.advance('59m')
  expect((await world.get(id)).state).toBe('pending')
  await world.advance('2m')
  await world.expectTask(id).toBe('expired')
})
