import type { Meter, Metric } from '../../engine/world.ts'

/** What has been measured of one metric. */
export type Measured = { readonly count: number; readonly sum: number; readonly max: number }

/** Counters of this process. */
export type LocalMeter = Meter & {
  /** The metric over all lanes and types; zeros when nothing came. */
  readonly read: (metric: Metric) => Measured
}

const NOTHING: Measured = { count: 0, sum: 0, max: 0 }

/** Makes a meter that keeps its numbers in memory. */
export const localMeter = (): LocalMeter => {
  const measured = new Map<Metric, Measured>()
  const read = (metric: Metric) => measured.get(metric) ?? NOTHING
  return {
    add: (metric, value) => {
      const { count, sum, max } = read(metric)
      measured.set(metric, { count: count + 1, sum: sum + value, max: Math.max(max, value) })
    },
    read,
  }
}
