import type { Effect } from '../../core/consequences.ts'
import { taskAt } from '../../core/gate/line.ts'
import { type GateRef, gateKey } from '../../core/gate/row.ts'
import { joins } from '../../core/task/passage.ts'
import type { TaskRow } from '../../core/task/row.ts'
import { apply } from '../apply.ts'
import type { Needs } from '../needs.ts'
import type { ListKey } from '../world.ts'
import { leaveGate } from './pass.ts'

/** What the sweep does as well as the relay. */
type Joiner = Pick<Needs<'sweep'>, 'clock' | 'log' | 'meter'> & {
  readonly store: Pick<Needs<'sweep'>['store'], 'get' | 'put' | 'putEntry'>
}

type Of<Kind extends Effect['kind']> = Extract<Effect, { kind: Kind }>

const BY = 'system:relay'

/** The line of a gate. */
export const lineOf = (gate: GateRef): ListKey => {
  const { tenant, id } = gateKey(gate)
  return { list: 'line', tenant, id }
}

/** A task stands in line before its gate hears of it: whoever turns the gate after that finds it there. */
export const joinLine = async (world: Joiner, { gate, place, epoch }: Of<'join'>): Promise<void> => {
  await world.store.putEntry(lineOf(gate), { at: place, value: epoch })
  const task = taskAt(place)
  await apply(world, gateKey(gate), () => ({ name: 'arrive', at: world.clock.now(), by: BY, task, epoch }))
}

/**
 * Sees to it that a blocked task stands in its line: for the sweep and for a restart, which cannot know whether the change
 * that blocked it was ever heard. Where it stands there already, that only writes its place once more.
 */
export const rejoin = async (world: Joiner, row: TaskRow): Promise<void> => {
  for (const join of joins(row)) await joinLine(world, join)
}

/** Performs what a change means to a gate. */
export const performAtGate = async (
  world: Needs<'relay'>,
  effect: Of<'join' | 'unline' | 'leave' | 'control'>,
): Promise<void> => {
  switch (effect.kind) {
    case 'join':
      return joinLine(world, effect)
    case 'unline':
      return world.store.dropEntry(lineOf(effect.gate), effect.place)
    case 'leave':
      return leaveGate(world, effect.gate, effect.task, effect.epoch)
    case 'control': {
      const { gate, control, revision } = effect
      await apply(world, gateKey(gate), () => ({ name: 'control', at: world.clock.now(), by: BY, control, revision }))
    }
  }
}
