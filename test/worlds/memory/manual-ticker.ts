import type { Ticker } from '../../../worlds/memory/clock.ts'

/** Time that moves only by `advance`. */
export type ManualTicker = Ticker & {
  /** Runs every callback due in the next `ms`, in order. Promises settle between callbacks. */
  readonly advance: (ms: number) => Promise<void>
}

/** A whole second, so that whole seconds after it are valid timer times. */
export const START = 1_800_000_000_000

export const manualTicker = (): ManualTicker => {
  let now = START
  let order = 0
  let alarms: { readonly when: number; readonly order: number; readonly run: () => void }[] = []
  // Node runs an immediate after all microtasks.
  const settled = () => new Promise((resolve) => setImmediate(resolve))
  return {
    now: () => now,
    at: (when, run) => {
      const alarm = { when, order: order++, run }
      alarms.push(alarm)
      return () => {
        alarms = alarms.filter((each) => each !== alarm)
      }
    },
    advance: async (ms) => {
      const end = now + ms
      await settled()
      for (;;) {
        const [next] = alarms.filter(({ when }) => when <= end).sort((a, b) => a.when - b.when || a.order - b.order)
        if (!next) break
        alarms = alarms.filter((each) => each !== next)
        now = Math.max(now, next.when)
        next.run()
        await settled()
      }
      now = end
    },
  }
}

/** Returns the given fractions in order, repeatedly. */
export const repeatingRandom = (...fractions: number[]): (() => number) => {
  let at = 0
  return () => fractions[at++ % fractions.length] ?? 0
}
