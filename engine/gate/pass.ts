import type { EnterGate } from '../../core/gate/command.ts'
import { type GateRef, gateKey } from '../../core/gate/row.ts'
import { type GateUse, gatesOf, type Way } from '../../core/gate/use.ts'
import { LIMITS } from '../../core/limits.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { taskRef } from '../../core/task/passage.ts'
import type { TaskRow } from '../../core/task/row.ts'
import type { App } from '../app.ts'
import { apply } from '../apply.ts'
import { controlsFor } from '../controls.ts'
import type { Writer } from '../needs.ts'

/** How a task's way through its gates went: it has its places, or one gate is busy, or the task has moved on meanwhile. */
export type Passed =
  | { readonly gates: readonly GateRef[] }
  | { readonly busy: GateUse; readonly held: readonly GateRef[]; readonly no: Refusal }
  | { readonly stale: Refusal }

/** Takes a due task through the gates on its way. Most tasks have none, and then nothing is asked of the store. */
export const passGates = async (world: Writer, app: App, row: TaskRow, leaseMs: number): Promise<Passed> => {
  const gates: GateRef[] = []
  for (const use of usesOf(app, row, await controlsFor(world, row.tenant))) {
    const no = await enter(world, row, use, leaseMs)
    if (!no) gates.push(use.ref)
    else if (no.refused === 'busy') return { busy: use, held: gates, no }
    else if (no.refused === 'superseded') return { stale: no }
  }
  return { gates }
}

/** The gates on a task's way, given what people have said. */
export const usesOf = (
  app: Pick<App, 'types' | 'tenantLimit'>,
  row: TaskRow,
  said: Pick<Way, 'own' | 'all'>,
): readonly GateUse[] => {
  const { tenant, type, lane, gate } = row
  const typeLimit = app.types.get(type)?.limit
  return gatesOf({
    tenant,
    type,
    lane,
    ...said,
    ...(gate ? { gate } : {}),
    ...(typeLimit ? { typeLimit } : {}),
    ...(app.tenantLimit ? { tenantLimit: app.tenantLimit } : {}),
  })
}

/** Undefined when the task has its place; `unchanged` says that the gate counts nobody. */
const enter = async (world: Writer, row: TaskRow, use: GateUse, leaseMs: number): Promise<Refusal | undefined> => {
  const { ref, terms, control, revision } = use
  const task = taskRef(row)
  let tries = 0
  const answer = await apply(world, gateKey(ref), (): EnterGate | Refusal => {
    // In a crowd that rushes the gate, waiting to be called is sooner than losing every race for its row.
    if (++tries > LIMITS.gateTriesCount) return refuse('busy', `gate ${ref}: too many come at once`)
    const at = world.clock.now()
    const until = at + leaseMs + LIMITS.gateGraceMs
    return { name: 'enter', at, by: BY, task, epoch: row.epoch, until, terms, revision, ...(control ? { control } : {}) }
  })
  return isRefusal(answer) ? answer : undefined
}

/** Gives places back that were taken for a claim that then was refused. */
export const giveBack = async (world: Writer, row: TaskRow, gates: readonly GateRef[]): Promise<void> => {
  for (const gate of gates) await leaveGate(world, gate, taskRef(row), row.epoch)
}

/** Frees the place of a task, if it has one of this epoch or an older one. */
export const leaveGate = async (world: Writer, gate: GateRef, task: string, epoch: number): Promise<void> => {
  await apply(world, gateKey(gate), () => ({ name: 'leave', at: world.clock.now(), by: BY, task, epoch }))
}

const BY = 'system:gate'
