import { CONTROL_LANE } from '../lanes.ts'
import type { Effect } from '../task/consequences.ts'
import { type Nudge, timerName } from '../task/nudge.ts'
import { isFar } from '../wakeup.ts'
import type { GateRow } from './row.ts'

/** What follows from a change of a gate: its wake-up, and nothing else. All it does for others it does when it is turned. */
export const gateConsequences = (before: GateRow | undefined, after: GateRow | undefined): readonly Effect[] => {
  if (!after || before?.epoch === after.epoch) return []
  const disarm = before?.dueAt !== undefined && isFar(before.updatedAt, before.dueAt)
  return [...(disarm ? [{ kind: 'disarm', name: timerName(gateNudge(before, 0)) } as const] : []), ...gateWakes(after)]
}

/** The wake-up that a gate needs. */
export const gateWakes = (gate: GateRow): readonly Effect[] => {
  if (gate.dueAt === undefined) return []
  const nudge = gateNudge(gate, gate.dueAt)
  return [isFar(gate.updatedAt, gate.dueAt) ? { kind: 'arm', name: timerName(nudge), nudge } : { kind: 'send', nudge }]
}

/** The nudge that turns a gate. */
export const gateNudge = ({ tenant, id, epoch }: GateRow, dueAt: number): Nudge => ({
  kind: 'gate',
  tenant,
  id,
  epoch,
  lane: CONTROL_LANE.name,
  dueAt,
})
