import type { Instant } from '../../core/instant.ts'
import type { Row } from '../../core/kinds.ts'
import { CONTROL_LANE } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import type { SweepApp } from '../app.ts'
import { engineKindOf } from '../kinds.ts'
import type { Needs } from '../needs.ts'
import { wakeRow } from '../relay.ts'

/** What all parts of one sweep share. */
export type SweepRun = {
  readonly world: Needs<'sweep'>
  readonly app: SweepApp
  /** The time of the sweep. It takes the repair moments up to this time, however long it runs. */
  readonly now: Instant
  /** May a message be sent again to this lane? Counts it. */
  readonly mayCopy: (lane: string) => Promise<boolean>
}

/** Starts a sweep. */
export const sweepRunOf = (world: Needs<'sweep'>, app: SweepApp): SweepRun => ({
  world,
  app,
  now: world.clock.now(),
  mayCopy: copiesOf(world),
})

/**
 * In a backlog, rows are overdue although no message was lost, and a copy of each message would make the backlog longer. So
 * a sweep sends some copies to each lane, those of the tasks that have waited longest, and more only to a lane without a
 * backlog. The queue is asked only when there are more.
 */
const copiesOf = ({ queue }: Pick<Needs<'sweep'>, 'queue'>): SweepRun['mayCopy'] => {
  const lanes = new Map<string, { copiesCount: number; backlog?: Promise<number> }>()
  return async (lane) => {
    const sent = lanes.get(lane) ?? { copiesCount: 0 }
    lanes.set(lane, sent)
    if (++sent.copiesCount <= LIMITS.sweepCopiesCount) return true
    sent.backlog ??= queue.backlog(lane)
    return (await sent.backlog) <= LIMITS.sweepBacklogCount
  }
}

/** Wakes an overdue row again. A fault is logged and does not stop the other rows. */
export const repairOne = (run: SweepRun, row: Row, due: Instant): Promise<SweepResult> =>
  guarded(run.world, { tenant: row.tenant, [`${row.kind}Id`]: row.id }, async () => ({
    ...EMPTY_RESULT,
    repaired: (await repair(run, row, due)) ? 1 : 0,
  }))

/** Repairs an overdue row; returns whether a wake-up was lost. */
const repair = async ({ world, app, now, mayCopy }: SweepRun, row: Row, due: Instant): Promise<boolean> => {
  const lane = laneOf(row)
  // A task of an undeployed lane gets no message.
  if (lane !== undefined && (lane === CONTROL_LANE.name || lane in app.lanes) && !(await mayCopy(lane))) return false
  const wasLost = (await engineKindOf(row.kind)?.repair?.(world, app, row)) ?? (await wakeRow(world, row))
  if (!wasLost) return false
  const { kind, tenant, id, version, state, epoch } = row as Row & { readonly state?: string; readonly epoch?: number }
  world.log.warn('sweep.repaired', { tenant, [`${kind}Id`]: id, version, state, epoch, overdueMs: now - due })
  return true
}

/** The lane of the message that wakes a row again; undefined for a blocked task, which is put on its waitlist again. */
const laneOf = (row: Row): string | undefined => {
  if (row.kind !== 'task') return CONTROL_LANE.name
  return row.blocked === undefined ? row.lane : undefined
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
