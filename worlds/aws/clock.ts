import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../engine/world.ts'

/** The machine's clock, which AWS keeps within milliseconds of the true time. */
export const systemClock: Clock = {
  now: Date.now,
  sleep: async (ms, signal) => {
    // The one way it can reject is the signal, and that is an answer too.
    await sleep(ms, undefined, signal ? { signal } : {}).catch(() => {})
  },
}
