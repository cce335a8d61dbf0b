import { expect, test } from 'vitest'
import { simulate } from '../../../worlds/sim/simulate.ts'

const traced = async (seed: number) => {
  const lines: string[] = []
  const { hash } = await simulate({ seed, onLine: (line) => void lines.push(line) })
  return { hash, lines }
}

test('the same seed has the same trace, line by line', async () => {
  for (const seed of [1, 7, 42, 1580]) {
    const first = await traced(seed)
    expect(first.lines.length).toBeGreaterThan(50)
    expect(await traced(seed)).toEqual(first)
  }
})

test('another seed has another trace', async () => {
  const hashes = await Promise.all([1, 2, 3, 4, 5].map(async (seed) => (await simulate({ seed })).hash))
  expect(new Set(hashes).size).toBe(5)
})
