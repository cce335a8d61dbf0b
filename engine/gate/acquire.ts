import { defined } from '../../core/defined.ts'
import type { AcquireGate } from '../../core/gate/command.ts'
import { type GateRequirement, type RequirementSources, requirementsOf } from '../../core/gate/requirements.ts'
import { type GateRef, gateKey } from '../../core/gate/row.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { taskRef } from '../../core/task/gating.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { App } from '../app.ts'
import { apply } from '../apply.ts'
import { controlsFor } from '../controls.ts'
import type { Writer } from '../needs.ts'

/** How a task's way through its gates went. */
export type Acquired = {
  /** Where it has a place now. */
  readonly gates: readonly GateRef[]
  /** Where it got none: it waits there, or what that gate says instead, with the places that it has. */
  readonly busy?: Busy
  /** It has moved on meanwhile. */
  readonly stale?: Refusal
}

/** A gate that does not let a task in, the places that the task has before it, and why. */
export type Busy = { readonly use: GateRequirement; readonly held: readonly GateRef[]; readonly no: Refusal }

/** Takes a due task through the gates on its way. Most tasks have none, and then nothing is asked of the store. */
export const acquireGates = async (world: Writer, app: App, row: TaskRow, leaseMs: number): Promise<Acquired> => {
  const uses = gateRequirements(app, row, await controlsFor(world, row.tenant))
  const gates: GateRef[] = []
  for (const use of uses) {
    const no = await checkPause(world, use)
    if (no) return { gates, busy: { use, held: gates, no } }
  }
  for (const use of uses) {
    const no = await acquire(world, row, use, leaseMs)
    if (!no) gates.push(use.ref)
    else if (no.refused === 'busy') return { gates, busy: { use, held: gates, no } }
    else if (no.refused === 'superseded') return { gates, stale: no }
  }
  for (const ref of row.gates ?? []) if (uses.every((use) => use.ref !== ref)) await acquire(world, row, openedAt(ref), leaseMs)
  return { gates }
}

/** A gate of which no one speaks any more learns that from whom it has called: else its line would go on by terms that are gone. */
const openedAt = (ref: GateRef): GateRequirement => ({ ref, limits: {}, revision: 0, onBusy: 'wait' })

/**
 * A pause is looked for before any place is taken: it may last for days, in which others could use the places before it.
 * The gate is told of it here if it does not know yet, or it would call the task back the moment it joins the line.
 */
const checkPause = async (world: Writer, { ref, control, revision }: GateRequirement): Promise<Refusal | undefined> => {
  if (!control?.paused) return undefined
  let isOver = false
  await apply(world, gateKey(ref), (gate) => {
    isOver = gate !== undefined && gate.revision > revision
    return { name: 'control', at: world.clock.now(), by: BY, control, revision }
  })
  return isOver ? undefined : refuse('busy', `gate ${ref}: it is paused by ${control.paused.by}`)
}

/** The gates on a task's way, given what people have said. */
export const gateRequirements = (
  app: Pick<App, 'types' | 'tenantLimit'>,
  row: TaskRow,
  said: Pick<RequirementSources, 'own' | 'all'>,
): readonly GateRequirement[] => {
  const { tenant, type, lane, gate } = row
  const typeLimit = app.types.get(type)?.limit
  return requirementsOf({
    tenant,
    type,
    lane,
    ...said,
    ...defined({ gate, typeLimit, tenantLimit: app.tenantLimit }),
  })
}

/** Undefined when the task has its place; `unchanged` says that the gate counts nobody. */
const acquire = async (world: Writer, row: TaskRow, use: GateRequirement, leaseMs: number): Promise<Refusal | undefined> => {
  const { ref, limits, control, revision, onBusy } = use
  const task = taskRef(row)
  let tries = 0
  const answer = await apply(world, gateKey(ref), (gate): AcquireGate | Refusal => {
    // In a crowd that rushes the gate, waiting to be called is sooner than losing every race for its row. Who would not wait must know;
    // and who has been called already goes in.
    const mayWait = onBusy === 'wait' && !gate?.holders.some((holder) => holder.task === task)
    if (mayWait && ++tries > LIMITS.gateTriesCount) return refuse('busy', `gate ${ref}: too many come at once`)
    const at = world.clock.now()
    const until = at + leaseMs + LIMITS.gateGraceMs
    return { name: 'acquire', at, by: BY, task, epoch: row.epoch, until, limits, revision, ...defined({ control }) }
  })
  return isRefusal(answer) ? answer : undefined
}

/** Gives places back that were taken for a claim that then was refused. */
export const releaseGates = async (world: Writer, row: TaskRow, gates: readonly GateRef[]): Promise<void> => {
  for (const gate of gates) await releaseGate(world, gate, taskRef(row), row.epoch)
}

/** Frees the place of a task, if it has one of this epoch or an older one. */
export const releaseGate = async (world: Writer, gate: GateRef, task: string, epoch: number): Promise<void> => {
  await apply(world, gateKey(gate), () => ({ name: 'release', at: world.clock.now(), by: BY, task, epoch }))
}

const BY = 'system:gate'
