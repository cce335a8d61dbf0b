import { overdueOf } from '../../core/consequences.ts'
import type { Instant } from '../../core/instant.ts'
import type { Row } from '../../core/kinds.ts'
import { LIMITS } from '../../core/limits.ts'
import type { SweepApp } from '../app.ts'
import { engineKindOf } from '../kinds.ts'
import type { Needs } from '../needs.ts'
import { wakeRow } from '../relay.ts'

/** Repairs a row. A fault is logged and does not stop the other rows. */
export const repairOne = (world: Needs<'sweep'>, app: SweepApp, row: Row): Promise<SweepResult> =>
  guarded(world, { tenant: row.tenant, [`${row.kind}Id`]: row.id }, async () => ({
    ...EMPTY_RESULT,
    repaired: (await repair(world, app, row)) ? 1 : 0,
  }))

/** Repairs an overdue row; returns whether a wake-up was lost. */
const repair = async (world: Needs<'sweep'>, app: SweepApp, row: Row): Promise<boolean> => {
  const due = overdueOf(row)
  const overdueMs = due === undefined ? -1 : world.clock.now() - due
  if (!repairsNow(overdueMs)) return false
  const wasLost = (await engineKindOf(row.kind)?.repair?.(world, app, row)) ?? (await wakeRow(world, row))
  if (!wasLost) return false
  const { kind, tenant, id, version, state, epoch } = row as Row & { readonly state?: string; readonly epoch?: number }
  world.log.warn('sweep.repaired', { tenant, [`${kind}Id`]: id, version, state, epoch, overdueMs })
  return true
}

/** How many rows a sweep has read and repaired, and its faults. A healthy system repairs nothing. */
export type SweepResult = { readonly examined: number; readonly repaired: number; readonly faults: readonly unknown[] }

/** The result of a part without rows. */
export const EMPTY_RESULT: SweepResult = { examined: 0, repaired: 0, faults: [] }

/** Adds up the results of the parts of a sweep. */
export const sumOf = (parts: readonly SweepResult[]): SweepResult => ({
  examined: parts.reduce((sum, { examined }) => sum + examined, 0),
  repaired: parts.reduce((sum, { repaired }) => sum + repaired, 0),
  faults: parts.flatMap(({ faults }) => faults),
})

/** Runs a part of the sweep. A fault is logged and returned, and does not stop the other parts. */
export const guarded = async (
  world: Pick<Needs<'sweep'>, 'log'>,
  about: object,
  part: () => Promise<SweepResult>,
): Promise<SweepResult> => {
  try {
    return await part()
  } catch (error) {
    world.log.error('sweep.fault', { ...about, error })
    return { ...EMPTY_RESULT, faults: [error] }
  }
}

/**
 * Does this sweep wake a row that is this much overdue? It does at the first moment, at about 4, 8, 16 and 32 minutes, and
 * every 32 minutes after that. A lost wake-up is repaired at once. In a long backlog rows are overdue although no wake-up
 * was lost, so a copy of each message at every sweep would only make the backlog longer. Each moment is a window of two
 * sweep intervals, so that a failed or late sweep misses none.
 *
 * @param overdueMs milliseconds since the missed wake-up
 */
export const repairsNow = (overdueMs: number): boolean => overdueMs - lastMoment(overdueMs) < WINDOW_MS

/**
 * The first due time at or after `at` whose rows a sweep at `now` wakes. Rows that were due between the two need not be read,
 * so tasks that wait correctly for hours, as in a long pause, do not slow down the walk.
 *
 * @param at a due time at least `LIMITS.sweepGraceMs` ago
 * @example repairableFrom(now - 30 * MINUTE, now) // now - 26 * MINUTE + 1: the window at 16 minutes lasts for ten
 */
export const repairableFrom = (at: Instant, now: Instant): Instant => Math.max(at, now - lastMoment(now - at) - WINDOW_MS + 1)

/** The last repair moment at or before this delay; -Infinity before the first moment. */
const lastMoment = (overdueMs: number): number => {
  const units = overdueMs / LIMITS.sweepGraceMs
  if (units < 1) return Number.NEGATIVE_INFINITY
  const momentUnits = units < STEADY_UNITS ? 2 ** Math.floor(Math.log2(units)) : STEADY_UNITS * Math.floor(units / STEADY_UNITS)
  return momentUnits * LIMITS.sweepGraceMs
}

const WINDOW_MS = 2 * LIMITS.sweepEveryMs
const STEADY_UNITS = 16
