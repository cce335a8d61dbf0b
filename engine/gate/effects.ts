import { isScope } from '../../core/gate/requirements.ts'
import { type GateRef, gateKey, taskAtPlace } from '../../core/gate/row.ts'
import type { Effect } from '../../core/row/effect.ts'
import { joinEffects } from '../../core/task/gating.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { controlEffects } from '../../core/tenant/consequences.ts'
import { tenantKey } from '../../core/tenant/row.ts'
import type { Needs } from '../needs.ts'
import type { ListKey } from '../world.ts'
import { releaseGate } from './acquire.ts'
import { applyToGate } from './commit.ts'

/** The part of the world that the relay and the sweep both have. */
type WaitlistWorld = Pick<Needs<'sweep'>, 'clock' | 'log' | 'meter'> & {
  readonly store: Pick<Needs<'sweep'>['store'], 'get' | 'put' | 'putEntry'>
}

type EffectOf<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>

const ACTOR = 'system:relay'

/** The waitlist of a gate. */
export const waitlistOf = (gate: GateRef): ListKey => {
  const { tenant, id } = gateKey(gate)
  return { list: 'waitlist', tenant, id }
}

/** Adds a task to the waitlist, then enqueues it at the gate. In this order each dispatch after the `enqueue` finds the task. */
export const joinWaitlist = async (world: WaitlistWorld, { gate, place, epoch }: EffectOf<'joinWaitlist'>): Promise<void> => {
  await world.store.putEntry(waitlistOf(gate), { at: place, value: epoch })
  const task = taskAtPlace(place)
  await applyToGate(world, gate, task, () => ({ name: 'enqueue', at: world.clock.now(), by: ACTOR, task, epoch }))
}

/**
 * Adds a blocked task to its waitlist again, and sends the tenant's control to its gate again: for the sweep and for a
 * restart, because the changes that led to these effects may not have been relayed. If they were relayed, this only
 * rewrites the waitlist entry.
 */
export const rejoinWaitlist = async (world: WaitlistWorld, row: TaskRow): Promise<void> => {
  for (const join of joinEffects(row)) {
    await resendControl(world, join.gate)
    await joinWaitlist(world, join)
  }
}

const resendControl = async (world: WaitlistWorld, gate: GateRef): Promise<void> => {
  const { tenant, id } = gateKey(gate)
  if (!isScope(id)) return
  const row = await world.store.get(tenantKey(tenant))
  for (const effect of row?.kind === 'tenant' ? controlEffects(row, id) : []) await sendControl(world, effect)
}

const sendControl = async (world: WaitlistWorld, { gate, control, revision }: EffectOf<'control'>): Promise<void> => {
  await applyToGate(world, gate, String(revision), () => ({
    name: 'control',
    at: world.clock.now(),
    by: ACTOR,
    control,
    revision,
  }))
}

/** Performs an effect on a gate. */
export const performGateEffect = async (
  world: Needs<'relay'>,
  effect: EffectOf<'joinWaitlist' | 'leaveWaitlist' | 'release' | 'control'>,
): Promise<void> => {
  switch (effect.kind) {
    case 'joinWaitlist':
      return joinWaitlist(world, effect)
    case 'leaveWaitlist':
      return world.store.dropEntry(waitlistOf(effect.gate), effect.place)
    case 'release':
      return releaseGate(world, effect.gate, effect.task, effect.epoch)
    case 'control':
      return sendControl(world, effect)
  }
}
