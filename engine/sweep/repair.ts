import { overdueOf } from '../../core/consequences.ts'
import type { Instant } from '../../core/instant.ts'
import type { Row } from '../../core/kinds.ts'
import { LIMITS } from '../../core/limits.ts'
import type { SweepApp } from '../app.ts'
import { engineKindOf } from '../kinds.ts'
import type { Needs } from '../needs.ts'
import { wakeRow } from '../relay.ts'

/** Repairs a row; what goes wrong with it holds up no other. */
export const repairOne = (world: Needs<'sweep'>, app: SweepApp, row: Row): Promise<SweepResult> =>
  guarded(world, { tenant: row.tenant, [`${row.kind}Id`]: row.id }, async () => ({
    ...NOTHING,
    repaired: (await repair(world, app, row)) ? 1 : 0,
  }))

/** Repairs a row that should have moved and has not; answers whether something was lost. */
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

/** What a sweep saw and mended, and what it could not look after. A healthy system repairs nothing. */
export type SweepResult = { readonly examined: number; readonly repaired: number; readonly faults: readonly unknown[] }

/** A part in which there was nothing to see. */
export const NOTHING: SweepResult = { examined: 0, repaired: 0, faults: [] }

/** Adds up what parts of a sweep saw. */
export const sumOf = (parts: readonly SweepResult[]): SweepResult => ({
  examined: parts.reduce((sum, { examined }) => sum + examined, 0),
  repaired: parts.reduce((sum, { repaired }) => sum + repaired, 0),
  faults: parts.flatMap(({ faults }) => faults),
})

/** Does a part of the sweep; what goes wrong with it is logged, kept, and nobody else's affair. */
export const guarded = async (
  world: Pick<Needs<'sweep'>, 'log'>,
  about: object,
  part: () => Promise<SweepResult>,
): Promise<SweepResult> => {
  try {
    return await part()
  } catch (error) {
    world.log.error('sweep.fault', { ...about, error })
    return { ...NOTHING, faults: [error] }
  }
}

/**
 * Should a row that is this much overdue be woken by this sweep? At the first look, and then around 4, 8, 16 and 32 minutes
 * and every 32 after that: a lost wake-up is mended at once, while a long backlog, whose rows are overdue without anything
 * being lost, is not made longer by a copy of each message at every sweep. Each moment is looked for over two intervals,
 * so that a sweep that failed or came late misses none.
 *
 * @param overdueMs since the wake-up that did not happen
 */
export const repairsNow = (overdueMs: number): boolean => overdueMs - momentBy(overdueMs) < LOOKS_MS

/**
 * The first instant from `at` on whose rows, had they been due then, would be woken by a sweep at `now`: what was due between
 * the two need not even be read. So those who wait rightly for hours, as in a long pause, do not hold up the walk.
 *
 * @param at what was due then is overdue for long enough to be looked at some time
 * @example lookedAtFrom(now - 30 * MINUTE, now) // now - 26 * MINUTE + 1: the looks around 16 minutes last for ten
 */
export const lookedAtFrom = (at: Instant, now: Instant): Instant => Math.max(at, now - momentBy(now - at) - LOOKS_MS + 1)

/** The last repair moment at or before this much delay; before the first there is none to be near to. */
const momentBy = (overdueMs: number): number => {
  const units = overdueMs / LIMITS.sweepGraceMs
  if (units < 1) return Number.NEGATIVE_INFINITY
  const whole = units < STEADY_UNITS ? 2 ** Math.floor(Math.log2(units)) : STEADY_UNITS * Math.floor(units / STEADY_UNITS)
  return whole * LIMITS.sweepGraceMs
}

const LOOKS_MS = 2 * LIMITS.sweepEveryMs
const STEADY_UNITS = 16
