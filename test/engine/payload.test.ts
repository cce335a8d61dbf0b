import { expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal } from '../../core/refusal.ts'
import { loadPayload, storePayload } from '../../engine/payload.ts'
import type { Store } from '../../engine/world.ts'
import { handWorld } from './world.ts'

const TASK = { tenant: 'acme', id: 't1' }
const LARGE = 'x'.repeat(LIMITS.inlinePayloadBytes)
const END = 1_800_000_000_000

/** A world that keeps account of how long documents are to be kept, by name. */
const keeping = () => {
  const world = handWorld()
  const ends = new Map<string, number | undefined>()
  const putDocument: Store['putDocument'] = async (tenant, id, name, text, forgetAt) => {
    ends.set(name, forgetAt)
    await world.store.putDocument(tenant, id, name, text, forgetAt)
  }
  return { world: { store: { ...world.store, putDocument } }, ends }
}

test('a document outlives the row that names it by the days that a store may be late', async () => {
  const { world, ends } = keeping()
  await storePayload(world, TASK, LARGE, END)
  expect([...ends.values()]).toEqual([END + LIMITS.documentMarginMs])
})

test('an output that equals the input gives the input no end', async () => {
  const { world, ends } = keeping()
  const input = await storePayload(world, TASK, LARGE)
  const output = await storePayload(world, TASK, LARGE, END)
  if (isRefusal(input) || !('document' in input)) throw new Error('the input is no document')
  expect(ends.size).toBe(2)
  expect(ends.get(input.document)).toBeUndefined()
  expect(output).not.toEqual(input)
  expect(await loadPayload(world, TASK, input)).toBe(LARGE)
})

test('the same payload has the same name each time', async () => {
  const { world } = keeping()
  expect(await storePayload(world, TASK, LARGE, END)).toEqual(await storePayload(world, TASK, LARGE, END + 1))
})
