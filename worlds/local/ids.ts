import { randomFillSync } from 'node:crypto'
import type { Instant } from '../../core/instant.ts'
import type { Ids } from '../../engine/world.ts'

const DIGITS = '0123456789abcdefghijklmnopqrstuv'
const TIME_COUNT = 10
const RANDOM_COUNT = 16

/** Ids of 26 characters: the millisecond in base 32, so that ids sort by time, and 80 random bits. */
export const localIds = (now: () => Instant = Date.now): Ids => {
  // Filled for many ids at once, because a call to the generator costs more than an id.
  const pool = new Uint8Array(RANDOM_COUNT * 256)
  let used = pool.length
  return {
    next: () => {
      if (used === pool.length) {
        randomFillSync(pool)
        used = 0
      }
      let id = now().toString(32).padStart(TIME_COUNT, '0')
      for (const end = used + RANDOM_COUNT; used < end; used++) id += DIGITS[(pool[used] ?? 0) & 31]
      return id
    },
  }
}
