import type { DurationMs } from '../../core/duration.ts'
import type { Clock } from '../../engine/world.ts'

/** Longer waits overflow Node's timers, which then fire at once. */
const LONGEST_TIMEOUT_MS = 2_147_483_647

/** Real time. */
export const localClock: Clock = {
  now: Date.now,
  sleep: (ms, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve()
      let timeout: NodeJS.Timeout
      const done = () => {
        clearTimeout(timeout)
        signal?.removeEventListener('abort', done)
        resolve()
      }
      const rest = (leftMs: DurationMs): void => {
        const stepMs = Math.min(leftMs, LONGEST_TIMEOUT_MS)
        timeout = setTimeout(() => (leftMs > stepMs ? rest(leftMs - stepMs) : done()), stepMs)
      }
      rest(ms)
      signal?.addEventListener('abort', done)
    }),
}
