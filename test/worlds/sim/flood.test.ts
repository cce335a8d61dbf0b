import { describe, expect, test } from 'vitest'
import { FLOOD, FLOOD_BOUND_MS, type Flood, runFlood } from '../../../worlds/sim/flood.ts'

/** How long the lane needs for all tasks of a flood, in any order. */
const WORK_MS = ({ floodCount, runMs }: Flood): number => (floodCount / 50) * runMs

describe('a tenant with 100,000 tasks at one instant', () => {
  test('does not delay ten small tenants: their tasks start within seconds, while the flood takes minutes', async () => {
    const { flood, others } = await runFlood(FLOOD)
    expect([flood.startedCount, others.startedCount]).toEqual([100_000, 100])
    expect(others.lastLateMs).toBeLessThanOrEqual(FLOOD_BOUND_MS)
    expect(flood.lastLateMs).toBeGreaterThanOrEqual(WORK_MS(FLOOD) - FLOOD.runMs)
  }, 900_000)

  // A tenth of the flood shows the effect in a tenth of the time.
  test('would delay them until its own end, if messages had no group', async () => {
    const unfair: Flood = { ...FLOOD, floodCount: 10_000, unfair: true }
    const { others } = await runFlood(unfair)
    expect(others.startedCount).toBe(100)
    expect(others.lastLateMs).toBeGreaterThanOrEqual(WORK_MS(unfair) - FLOOD.runMs)
  }, 900_000)
})
