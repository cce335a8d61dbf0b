import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Ids } from '../../engine/world.ts'

/** The machine's clock, which AWS keeps within milliseconds of the true time. */
export const systemClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    // The one way it can reject is the signal, and that is an answer too.
    await sleep(ms, undefined, signal ? { signal } : {}).catch(() => {})
  },
}

/** Unique names of 26 characters of `0-9a-z`: nine of time, so that they sort by age, and seventeen of chance (87 bits). */
export const randomIds: Ids = {
  next: () => Date.now().toString(36).padStart(TIME_COUNT, '0') + chance(RANDOM_COUNT),
}

const TIME_COUNT = 9
const RANDOM_COUNT = 17
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

/** 252 is the most of 36 digits that a byte holds; the four values above it would favour the first digits. */
const chance = (count: number): string => {
  let text = ''
  while (text.length < count) {
    for (const byte of randomBytes(count)) if (byte < 252 && text.length < count) text += DIGITS[byte % 36]
  }
  return text
}
