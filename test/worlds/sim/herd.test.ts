import { describe, expect, test } from 'vitest'
import { herdOf, laneMsOf, runHerd } from '../../../worlds/sim/herd.ts'

const SMALL = herdOf(2_000)

describe('far tasks that are due at one time', () => {
  test('start as fast as the lane allows, and none starts early, because their timers are spread', async () => {
    const { startedCount, firstLateMs, lastLateMs } = await runHerd(SMALL)
    expect(startedCount).toBe(SMALL.tasksCount)
    expect(firstLateMs).toBeGreaterThanOrEqual(0)
    expect(firstLateMs).toBeLessThanOrEqual(1_000)
    expect(lastLateMs).toBeLessThanOrEqual(laneMsOf(SMALL) + 1_000)
  }, 900_000)

  test('would start as slowly as the timers fire, if all timers were set to the last minute', async () => {
    const { lastLateMs } = await runHerd({ ...SMALL, unspread: true })
    const timersMs = (SMALL.tasksCount / SMALL.timersPerSecondCount) * 1_000
    expect(lastLateMs).toBeGreaterThan(timersMs - 2 * 60_000)
    expect(lastLateMs).toBeGreaterThan(4 * laneMsOf(SMALL))
  }, 900_000)
})
