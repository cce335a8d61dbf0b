import { describe, expect, test } from 'vitest'
import { FLOOD, FLOOD_BOUND_MS, type Flood, runFlood } from '../../../worlds/sim/flood.ts'

/** How long the lane needs for so many tasks, however they are ordered. */
const WORK_MS = ({ floodCount, runMs }: Flood): number => (floodCount / 50) * runMs

describe('a tenant with 100,000 tasks at one instant', () => {
  test('does not keep ten tenants of ten each waiting: all of theirs start within seconds, while it takes its minutes', async () => {
    const { flood, others } = await runFlood(FLOOD)
    expect([flood.startedCount, others.startedCount]).toEqual([100_000, 100])
    expect(others.lastLateMs).toBeLessThanOrEqual(FLOOD_BOUND_MS)
    expect(flood.lastLateMs).toBeGreaterThanOrEqual(WORK_MS(FLOOD) - FLOOD.runMs)
  }, 300_000)

  // A tenth of the flood is enough to see it, and takes a tenth of the time.
  test('would keep them waiting for all of its own, if the queue did not know whose a message is', async () => {
    const unfair: Flood = { ...FLOOD, floodCount: 10_000, unfair: true }
    const { others } = await runFlood(unfair)
    expect(others.startedCount).toBe(100)
    expect(others.lastLateMs).toBeGreaterThanOrEqual(WORK_MS(unfair) - FLOOD.runMs)
  }, 300_000)
})
