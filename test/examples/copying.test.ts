import { upcast } from 'carillon'
import { runHandler, testWorld } from 'carillon/testing'
import { expect, test } from 'vitest'
import { copyType } from './copying.ts'

/** A copy that ends only by its signal. */
const endless = (_: string, signal: AbortSignal) =>
  new Promise<void>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

const input = { environment: 'production', tables: ['customers', 'items', 'orders'] }

test('a running task shows its progress', async () => {
  const type = copyType(async (table, signal) => (table === 'items' ? endless(table, signal) : undefined))
  await using world = await testWorld({ types: [type], idleAfter: '20ms' })
  const id = await world.create(type, input)
  await world.advance('10s')
  expect((await world.get(id)).progress).toMatchObject({ attempt: 1, text: 'copying items', counters: { copied: 1 } })
})

test('a cancel stops the task within seconds', async () => {
  const type = copyType(endless)
  await using world = await testWorld({ types: [type], idleAfter: '20ms' })
  const id = await world.create(type, input)
  await world.drain()

  expect(await world.command(id, 'cancel')).toMatchObject({ state: 'running', cancelRequested: true })
  await world.advance('5s')
  await world.expectTask(id).toBe('cancelled')
})

test('a task of version 1, whose input is the name of a table, still runs', async () => {
  const type = copyType(async () => {})
  const converted = upcast(type, 1, 'customers')
  expect(converted).toEqual({ input: { environment: 'production', tables: ['customers'] } })
  expect(await runHandler(type, type.input.parse('input' in converted && converted.input))).toMatchObject({
    outcome: 'succeeded',
  })
})
