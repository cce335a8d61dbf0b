import { describe, expect, test } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { type Load, runLoad } from './rate.ts'

const MINUTE = 60_000

/** A task is found by the second sweep after its moment at the latest. */
const TWO_SWEEPS_MS = LIMITS.sweepGraceMs + 2 * LIMITS.sweepEveryMs

/** Long enough for a walk that does not keep up to be two sweeps behind. Longer loads are in the decision about the walk. */
const loads: readonly (readonly [string, Load])[] = [
  ['one tenant with 1,000 tasks a second', { tenantsCount: 1, perSecondCount: 1_000, forMs: 4 * MINUTE, lostEvery: 2_000 }],
  ['ten tenants with 100 tasks a second each', { tenantsCount: 10, perSecondCount: 100, forMs: 4 * MINUTE, lostEvery: 2_000 }],
]

describe.each(loads)('of %s', (_, load) => {
  test('every lost wake-up is found within two sweeps, each task is read once, and only the unsettled ones are written', async () => {
    const { tasksCount, lostCount, foundAfterMs, lagMs, sweepMs, calls, rowsReadCount } = await runLoad(load)
    expect(tasksCount).toBeGreaterThanOrEqual(240_000)
    expect(foundAfterMs).toHaveLength(lostCount)
    expect(Math.max(...foundAfterMs)).toBeLessThanOrEqual(TWO_SWEEPS_MS)
    // A sweep that is behind would report its lag.
    expect(lagMs).toBe(0)
    expect(sweepMs).toBeLessThan(LIMITS.sweepWorkMs)
    // Each task is read once; an unsettled one is read again by the watch.
    expect(rowsReadCount / tasksCount).toBeLessThan(1.01)
    // A page of a thousand tasks is two requests. The rest does not depend on the number of tasks.
    const requests = Object.values(calls).reduce((sum, count) => sum + count, 0)
    expect((requests - lostCount) / tasksCount).toBeLessThan(0.005)
    // A lost task, and the marks: one for each tenant and sweep.
    expect(calls.put).toBeLessThanOrEqual(lostCount + 5 * (load.tenantsCount + 1))
  }, 600_000)
})
