import { describe, expect, test } from 'vitest'
import { sideBySide } from '../../engine/side-by-side.ts'

const entries = Array.from({ length: 20 }, (_, index) => index)

/** Work that lasts for some turns of the event loop, the later entries for fewer, and is counted. */
const work = (fails: (entry: number) => boolean = () => false) => {
  const seen = { begun: 0, underWay: 0, most: 0 }
  const run = async (entry: number) => {
    seen.begun++
    seen.underWay++
    seen.most = Math.max(seen.most, seen.underWay)
    for (let turn = entry; turn < entries.length; turn++) await Promise.resolve()
    seen.underWay--
    if (fails(entry)) throw new Error(`entry ${entry}`)
    return entry * 2
  }
  return { seen, run }
}

describe('side by side', () => {
  test.each([1, 3, 100])('%i at a time at the most, answered in the order of the entries', async (count) => {
    const { seen, run } = work()
    expect(await sideBySide(entries, count, run)).toEqual(entries.map((entry) => entry * 2))
    expect(seen).toEqual({ begun: 20, underWay: 0, most: Math.min(count, 20) })
  })

  test('nothing is done about nothing', async () => {
    expect(await sideBySide([], 3, work().run)).toEqual([])
  })

  test('a fault is heard when nothing is under way any more, and nothing is begun after it', async () => {
    const { seen, run } = work((entry) => entry === 2)
    await expect(sideBySide(entries, 3, run)).rejects.toThrow('entry 2')
    expect(seen).toEqual({ begun: 3, underWay: 0, most: 3 })
  })

  test('of several faults the first is told', async () => {
    const { run } = work((entry) => entry < 3)
    await expect(sideBySide(entries, 3, run)).rejects.toThrow('entry 2')
  })
})
