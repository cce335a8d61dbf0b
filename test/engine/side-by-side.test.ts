import { describe, expect, test } from 'vitest'
import { sideBySide } from '../../engine/side-by-side.ts'

const entries = Array.from({ length: 20 }, (_, index) => index)

/** A counting function that takes some turns of the event loop, fewer for later entries. */
const work = (fails: (entry: number) => boolean = () => false) => {
  const seen = { started: 0, running: 0, max: 0 }
  const run = async (entry: number) => {
    seen.started++
    seen.running++
    seen.max = Math.max(seen.max, seen.running)
    for (let turn = entry; turn < entries.length; turn++) await Promise.resolve()
    seen.running--
    if (fails(entry)) throw new Error(`entry ${entry}`)
    return entry * 2
  }
  return { seen, run }
}

describe('side by side', () => {
  test.each([1, 3, 100])('at most %i entries run at once, and the results have the order of the entries', async (count) => {
    const { seen, run } = work()
    expect(await sideBySide(entries, count, run)).toEqual(entries.map((entry) => entry * 2))
    expect(seen).toEqual({ started: 20, running: 0, max: Math.min(count, 20) })
  })

  test('no entries give no results', async () => {
    expect(await sideBySide([], 3, work().run)).toEqual([])
  })

  test('a fault rejects after all started entries have ended, and no entry starts after it', async () => {
    const { seen, run } = work((entry) => entry === 2)
    await expect(sideBySide(entries, 3, run)).rejects.toThrow('entry 2')
    expect(seen).toEqual({ started: 3, running: 0, max: 3 })
  })

  test('the first of several faults is thrown', async () => {
    const { run } = work((entry) => entry < 3)
    await expect(sideBySide(entries, 3, run)).rejects.toThrow('entry 2')
  })
})
