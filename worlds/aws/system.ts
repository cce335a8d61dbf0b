import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock, Ids } from '../../engine/world.ts'

/** The system clock. AWS keeps it within milliseconds of the true time. */
export const systemClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    // It rejects only when the signal fires, and then the sleep simply ends early.
    await sleep(ms, undefined, signal ? { signal } : {}).catch(() => {})
  },
}

/** Unique ids of 26 characters of `0-9a-z`: nine of the time, so that ids sort by age, and seventeen random ones (87 bits). */
export const randomIds: Ids = {
  next: () => Date.now().toString(36).padStart(TIME_COUNT, '0') + randomDigits(RANDOM_COUNT),
}

const TIME_COUNT = 9
const RANDOM_COUNT = 17
const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

/** 252 is the largest multiple of 36 in a byte. The four values above it are skipped; they would favour the first digits. */
const randomDigits = (count: number): string => {
  let text = ''
  while (text.length < count) {
    for (const byte of randomBytes(count)) if (byte < 252 && text.length < count) text += DIGITS[byte % 36]
  }
  return text
}
