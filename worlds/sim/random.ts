import { hash32 } from '../../core/hash.ts'
import type { Random } from '../memory/faults.ts'

/**
 * A small seeded generator: a Weyl sequence, mixed by the finaliser of MurmurHash3. The seed is a text, so each part of a run
 * has its own stream, and the draws of one part do not shift those of another.
 *
 * @example randomOf('7/faults')() // always the same fraction
 */
export const randomOf = (seed: string): Random => {
  let weyl = hash32(seed)
  return () => {
    weyl = (weyl + GOLDEN) | 0
    let bits = Math.imul(weyl ^ (weyl >>> 16), 0x85eb_ca6b)
    bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2_ae35)
    return ((bits ^ (bits >>> 16)) >>> 0) / 4_294_967_296
  }
}

/** 2³² divided by the golden ratio. It is odd, so the sequence has every number before it repeats. */
const GOLDEN = 0x9e37_79b9

/** True with this probability. */
export const chance = (random: Random, probability: number): boolean => random() < probability

/** A whole number from `least` to `most`, both included. */
export const between = (random: Random, least: number, most: number): number => least + Math.floor(random() * (most - least + 1))

/** One of several things. @throws RangeError when there is none */
export const pick = <Item>(random: Random, items: readonly Item[]): Item => {
  if (items.length === 0) throw new RangeError('cannot pick from an empty list; give at least one item')
  return items[Math.floor(random() * items.length)] as Item
}
