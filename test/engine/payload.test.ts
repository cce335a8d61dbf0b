import { expect, test } from 'vitest'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal } from '../../core/refusal.ts'
import { loadPayload, storePayload } from '../../engine/payload.ts'
import type { Store } from '../../engine/world.ts'
import { engineWorld } from './world.ts'

const TASK = { tenant: 'acme', id: 't1' }
const LARGE = 'x'.repeat(LIMITS.inlinePayloadBytes)
const END = 1_800_000_000_000

/** A world that records the time-to-live of each document, by name. */
const recordingWorld = () => {
  const world = engineWorld()
  const forgetAtByName = new Map<string, number | undefined>()
  const putDocument: Store['putDocument'] = async (tenant, id, name, text, forgetAt) => {
    forgetAtByName.set(name, forgetAt)
    await world.store.putDocument(tenant, id, name, text, forgetAt)
  }
  return { world: { store: { ...world.store, putDocument } }, forgetAtByName }
}

test('a document outlives its row by the margin for late deletion', async () => {
  const { world, forgetAtByName } = recordingWorld()
  await storePayload(world, TASK, LARGE, END)
  expect([...forgetAtByName.values()]).toEqual([END + LIMITS.documentMarginMs])
})

test('an output that equals the input gives the input no time-to-live', async () => {
  const { world, forgetAtByName } = recordingWorld()
  const input = await storePayload(world, TASK, LARGE)
  const output = await storePayload(world, TASK, LARGE, END)
  if (isRefusal(input) || !('document' in input)) throw new Error('the input is no document')
  expect(forgetAtByName.size).toBe(2)
  expect(forgetAtByName.get(input.document)).toBeUndefined()
  expect(output).not.toEqual(input)
  expect(await loadPayload(world, TASK, input)).toBe(LARGE)
})

test('a small payload is stored as it will be read back: -0 is 0, and absent fields are absent', async () => {
  const stored = await storePayload(recordingWorld().world, TASK, { zero: -0, list: [-0], absent: undefined })
  expect(stored).toStrictEqual({ inline: { zero: 0, list: [0] } })
})

test('the same payload has the same name each time', async () => {
  const { world } = recordingWorld()
  expect(await storePayload(world, TASK, LARGE, END)).toEqual(await storePayload(world, TASK, LARGE, END + 1))
})
