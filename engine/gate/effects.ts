import { isScope } from '../../core/gate/requirements.ts'
import { type GateRef, gateKey, taskAtPlace } from '../../core/gate/row.ts'
import type { Effect } from '../../core/row/effect.ts'
import { joinEffects } from '../../core/task/gating.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { controlEffects } from '../../core/tenant/consequences.ts'
import { tenantKey } from '../../core/tenant/row.ts'
import { apply } from '../apply.ts'
import type { Needs } from '../needs.ts'
import type { ListKey } from '../world.ts'
import { releaseGate } from './acquire.ts'

/** What the sweep does as well as the relay. */
type Joiner = Pick<Needs<'sweep'>, 'clock' | 'log' | 'meter'> & {
  readonly store: Pick<Needs<'sweep'>['store'], 'get' | 'put' | 'putEntry'>
}

type Of<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>

const BY = 'system:relay'

/** The line of a gate. */
export const waitlistOf = (gate: GateRef): ListKey => {
  const { tenant, id } = gateKey(gate)
  return { list: 'waitlist', tenant, id }
}

/** A task stands in line before its gate hears of it: whoever turns the gate after that finds it there. */
export const joinWaitlist = async (world: Joiner, { gate, place, epoch }: Of<'joinWaitlist'>): Promise<void> => {
  await world.store.putEntry(waitlistOf(gate), { at: place, value: epoch })
  const task = taskAtPlace(place)
  await apply(world, gateKey(gate), () => ({ name: 'enqueue', at: world.clock.now(), by: BY, task, epoch }))
}

/**
 * Sees to it that a blocked task stands in its line, and that its gate knows what people have said of it: for the sweep and
 * for a restart, which cannot know whether the changes that said so were ever heard. Where all is as it should be, that only
 * writes its place once more.
 */
export const rejoinWaitlist = async (world: Joiner, row: TaskRow): Promise<void> => {
  for (const join of joinEffects(row)) {
    await resendControl(world, join.gate)
    await joinWaitlist(world, join)
  }
}

const resendControl = async (world: Joiner, gate: GateRef): Promise<void> => {
  const { tenant, id } = gateKey(gate)
  if (!isScope(id)) return
  const row = await world.store.get(tenantKey(tenant))
  for (const effect of row?.kind === 'tenant' ? controlEffects(row, id) : []) await sendControl(world, effect)
}

const sendControl = async (world: Joiner, { gate, control, revision }: Of<'control'>): Promise<void> => {
  await apply(world, gateKey(gate), () => ({ name: 'control', at: world.clock.now(), by: BY, control, revision }))
}

/** Performs what a change means to a gate. */
export const performGateEffect = async (
  world: Needs<'relay'>,
  effect: Of<'joinWaitlist' | 'leaveWaitlist' | 'release' | 'control'>,
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
