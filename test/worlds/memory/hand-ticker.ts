import type { Ticker } from '../../../worlds/memory/clock.ts'

/** Time that is moved by hand. */
export type HandTicker = Ticker & {
  /** Runs everything that comes due in the next `ms`, in order, letting promises settle between. */
  readonly advance: (ms: number) => Promise<void>
}

/** A whole second, so that timers may be asked for at whole seconds from it. */
export const START = 1_800_000_000_000

export const handTicker = (): HandTicker => {
  let now = START
  let order = 0
  let alarms: { readonly when: number; readonly order: number; readonly run: () => void }[] = []
  // An immediate comes after every promise that can go on has gone on.
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

/** Fractions in the order given, and then again. */
export const dice = (...throws: number[]): (() => number) => {
  let at = 0
  return () => throws[at++ % throws.length] ?? 0
}
