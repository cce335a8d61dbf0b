import type { Instant } from '../instant.ts'
import { CONTROL_LANE } from '../lanes.ts'
import { isFar } from '../wakeup.ts'
import type { Effect } from './effect.ts'
import type { Key } from './key.ts'
import { type Nudge, timerName } from './nudge.ts'

/** A row that is woken on the control lane: a gate that must dispatch, or a bulk operation with a next page. */
export type ControlRow = Key & {
  readonly epoch: number
  readonly updatedAt: Instant
  readonly dueAt?: Instant
}

/** The effects of a change on the wake-up of such a row. */
export const wakeupChanges = (before: ControlRow | undefined, after: ControlRow | undefined): readonly Effect[] => {
  // A row that has ended has no wake-up, whatever its epoch.
  if (!after || (before?.epoch === after.epoch && after.dueAt !== undefined)) return []
  const disarm = before?.dueAt !== undefined && isFar(before.updatedAt, before.dueAt)
  return [...(disarm ? [{ kind: 'disarm', name: timerName(before) } as const] : []), ...controlWakeups(after)]
}

/** The effects that wake such a row. */
export const controlWakeups = (row: ControlRow): readonly Effect[] => {
  const { kind, tenant, id, epoch, updatedAt, dueAt } = row
  if (dueAt === undefined) return []
  const nudge: Nudge = { kind, tenant, id, epoch, lane: CONTROL_LANE.name, dueAt }
  return [isFar(updatedAt, dueAt) ? { kind: 'arm', name: timerName(nudge), nudge } : { kind: 'send', nudge }]
}
