import { defined } from '../../core/defined.ts'
import type { AcquireGate } from '../../core/gate/command.ts'
import { type GateRequirement, type RequirementSources, requirementsOf } from '../../core/gate/requirements.ts'
import type { GateRef } from '../../core/gate/row.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { taskRef } from '../../core/task/gating.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { App } from '../app.ts'
import { controlsFor } from '../tenant.ts'
import { applyToGate, type GateWriter } from './commit.ts'

/** The result of `acquireGates`. */
export type Acquired = {
  /** The gates in which the task has a place now. */
  readonly gates: readonly GateRef[]
  /** The gate that refused a place; see `onBusy`. */
  readonly busy?: BusyGate
  /** The task has a newer epoch by now. */
  readonly stale?: Refusal
}

/** A gate that refuses a place, the places that the task holds in earlier gates, and the refusal. */
export type BusyGate = { readonly requirement: GateRequirement; readonly held: readonly GateRef[]; readonly refusal: Refusal }

/** Acquires a place in each gate of a due task, in order. Most tasks have no gate and cost no request to the store. */
export const acquireGates = async (world: GateWriter, app: App, row: TaskRow, leaseMs: number): Promise<Acquired> => {
  const requirements = gateRequirements(app, row, await controlsFor(world, row.tenant))
  const gates: GateRef[] = []
  for (const requirement of requirements) {
    const refusal = await checkPause(world, requirement)
    if (refusal) return { gates, busy: { requirement, held: gates, refusal } }
  }
  for (const requirement of requirements) {
    const refusal = await acquire(world, row, requirement, leaseMs)
    if (!refusal) gates.push(requirement.ref)
    else if (refusal.refused === 'busy') return { gates, busy: { requirement, held: gates, refusal } }
    else if (refusal.refused === 'superseded') return { gates, stale: refusal }
  }
  const isRequired = (gate: GateRef) => requirements.some(({ ref }) => ref === gate)
  for (const ref of row.gates ?? []) if (!isRequired(ref)) await acquire(world, row, withoutLimits(ref), leaseMs)
  return { gates }
}

/**
 * A gate that is no longer required by its tasks: admitted tasks remove its limits. Otherwise its waitlist would continue
 * under limits that no longer exist.
 */
const withoutLimits = (ref: GateRef): GateRequirement => ({ ref, limits: {}, revision: 0, onBusy: 'wait' })

/**
 * Refuses a paused gate before any place is acquired: a pause can last for days, and the task must not hold places in earlier
 * gates during that time. The control is written on the gate here, because a gate without it would admit the task again as
 * soon as the task joins the waitlist.
 */
const checkPause = async (world: GateWriter, { ref, control, revision }: GateRequirement): Promise<Refusal | undefined> => {
  if (!control?.paused) return undefined
  let isOutdated = false
  await applyToGate(world, ref, String(revision), (gate) => {
    isOutdated = gate !== undefined && gate.revision > revision
    return { name: 'control', at: world.clock.now(), by: ACTOR, control, revision }
  })
  return isOutdated ? undefined : refuse('busy', `gate ${ref} is paused by ${control.paused.by}`)
}

/** The gates of a task, given the pauses and limits that callers have set. */
export const gateRequirements = (
  app: Pick<App, 'types' | 'tenantLimit'>,
  row: TaskRow,
  controls: Pick<RequirementSources, 'own' | 'all'>,
): readonly GateRequirement[] => {
  const { tenant, type, lane, gate } = row
  const typeLimit = app.types.get(type)?.limit
  return requirementsOf({
    tenant,
    type,
    lane,
    ...controls,
    ...defined({ gate, typeLimit, tenantLimit: app.tenantLimit }),
  })
}

/** Undefined when the task has a place; `unchanged` when the gate has no limit and stores no holders. */
const acquire = async (
  world: GateWriter,
  row: TaskRow,
  requirement: GateRequirement,
  leaseMs: number,
): Promise<Refusal | undefined> => {
  const { ref, limits, control, revision, onBusy } = requirement
  const task = taskRef(row)
  let tries = 0
  const answer = await applyToGate(world, ref, task, (gate): AcquireGate | Refusal => {
    // When many tasks race for one gate row, waiting on the waitlist is faster than losing every race. A task that must not
    // wait (`onBusy`) needs the gate's answer, and an admitted task has its place already, so those two keep trying.
    const mayWait = onBusy === 'wait' && !gate?.holders.some((holder) => holder.task === task)
    if (mayWait && ++tries > LIMITS.gateTriesCount) return refuse('busy', `gate ${ref}: too many tasks try to acquire it at once`)
    const at = world.clock.now()
    const until = at + leaseMs + LIMITS.gateGraceMs
    return { name: 'acquire', at, by: ACTOR, task, epoch: row.epoch, until, limits, revision, ...defined({ control }) }
  })
  return isRefusal(answer) ? answer : undefined
}

/** Releases the places of a claim that was refused. */
export const releaseGates = async (world: GateWriter, row: TaskRow, gates: readonly GateRef[]): Promise<void> => {
  for (const gate of gates) await releaseGate(world, gate, taskRef(row), row.epoch)
}

/** Releases the place of a task, if its place has this epoch or an older one. */
export const releaseGate = async (world: GateWriter, gate: GateRef, task: string, epoch: number): Promise<void> => {
  await applyToGate(world, gate, task, () => ({ name: 'release', at: world.clock.now(), by: ACTOR, task, epoch }))
}

const ACTOR = 'system:gate'
