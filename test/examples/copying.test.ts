import { upcast } from 'carillon'
import { runHandler, testWorld } from 'carillon/testing'
import { expect, test } from 'vitest'
import { copyType } from './copying.ts'

/** A copy that takes until it is told to stop. */
const endless = (_: string, signal: AbortSignal) =>
  new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

const input = { environment: 'production', tables: ['customers', 'items', 'orders'] }

test('who looks at the task while it runs sees how far it has come', async () => {
  const type = copyType(async (table, signal) => (table === 'items' ? endless(table, signal) : undefined))
  await using world = await testWorld({ types: [type], idleAfter: '20ms' })
  const id = await world.create(type, input)
  await world.advance('10s')
  expect((await world.get(id)).progress).toMatchObject({ attempt: 1, text: 'copying items', counters: { copied: 1 } })
})

test('a cancel stops it within seconds', async () => {
  const type = copyType(endless)
  await using world = await testWorld({ types: [type], idleAfter: '20ms' })
  const id = await world.create(type, input)
  await world.drain()

  expect(await world.command(id, 'cancel')).toMatchObject({ state: 'running', cancelRequested: true })
  await world.advance('5s')
  await world.expectTask(id).toBe('cancelled')
})

test('a task that was made when the input was the name of a table still runs', async () => {
  const type = copyType(async () => {})
  const brought = upcast(type, 1, 'customers')
  expect(brought).toEqual({ input: { environment: 'production', tables: ['customers'] } })
  expect(await runHandler(type, type.input.parse('input' in brought && brought.input))).toMatchObject({ outcome: 'succeeded' })
})
