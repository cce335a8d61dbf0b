import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fraction, hash32 } from '../../core/hash.ts'

describe('the hash', () => {
  it('is the same on every machine and in every version', () => {
    expect(['', 'a', 'task-1/1', 'task-1/2', 'ä€😀'].map(hash32)).toEqual([
      1_572_119_809, 1_469_464_775, 693_264_995, 1_729_439_225, 2_444_961_563,
    ])
  })

  it('is a 32-bit whole number, and its fraction is below one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const hash = hash32(text)
        expect(hash).toBe(hash >>> 0)
        expect(fraction(text)).toBeGreaterThanOrEqual(0)
        expect(fraction(text)).toBeLessThan(1)
      }),
    )
  })

  it('spreads texts that differ only in their last characters', () => {
    const buckets = new Array<number>(16).fill(0)
    for (let index = 0; index < 16_000; index++) {
      const bucket = Math.floor(fraction(`task-${index}`) * 16)
      buckets[bucket] = (buckets[bucket] ?? 0) + 1
    }
    for (const count of buckets) {
      expect(count).toBeGreaterThan(850)
      expect(count).toBeLessThan(1_150)
    }
  })

  it('has no more collisions among a hundred thousand ids than chance', () => {
    const hashes = new Set(Array.from({ length: 100_000 }, (_, index) => hash32(`acme/${index.toString(36)}/1`)))
    expect(hashes.size).toBeGreaterThan(99_990)
  })
})
