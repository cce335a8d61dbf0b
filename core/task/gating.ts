import { type GateRef, rankOf, waitlistPlace } from '../gate/row.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Effect } from '../row/effect.ts'
import { type Key, partsOf, type Ref, refOf } from '../row/key.ts'
import { refuseLeased } from './claim.ts'
import type { GateTask } from './command.ts'
import type { TaskChange, TaskRow } from './row.ts'

/** Fields that a blocked task without a deadline loses: it has no wake-up. */
const DROPPED_WITHOUT_WAKEUP = ['lease', 'dueAt'] as const
const DROPPED_WITH_WORKER = ['lease'] as const

type Of<Name extends GateTask['name']> = Extract<GateTask, { name: Name }>

/**
 * Blocks a task at a busy gate. A blocked task has no worker and no message; only its deadline wakes it. `queuedAt` stays
 * the same through all gates, so the task keeps its position. A running task can be blocked after its lease has ended,
 * because it may have lost its place with its worker.
 */
export const blockTask = (row: TaskRow, command: Of<'block'>): TaskChange | Refusal => {
  const { at, gate, held } = command
  const leased = refuseLeased(row, command)
  if (leased) return leased
  return {
    state: 'scheduled',
    wakes: true,
    blocked: gate,
    queuedAt: row.queuedAt ?? at,
    gates: held,
    losses: row.losses + (row.state === 'running' ? 1 : 0),
    ...(row.expiresAt === undefined ? { drop: DROPPED_WITHOUT_WAKEUP } : { dueAt: row.expiresAt, drop: DROPPED_WITH_WORKER }),
  }
}

/** The gate has given the task a place. The task is due now and acquires its gates again from the first one. */
export const admitTask = (row: TaskRow, { at, gate }: Of<'admit'>): TaskChange | Refusal => {
  if (row.blocked !== gate) return refuse('notAllowed', `task ${row.id} is not blocked at gate ${gate}`, { state: row.state })
  return {
    state: 'scheduled',
    wakes: true,
    dueAt: Math.max(row.notBefore, at),
    gates: [...(row.gates ?? []).filter((held) => held !== gate), gate],
    drop: ['blocked'],
  }
}

/** The fields of a task that is acquiring gates. Every command that stops this removes them. */
const GATE_FIELDS = ['blocked', 'gates', 'queuedAt'] as const
const KEEPING_GATE_FIELDS: ReadonlySet<string> = new Set(['claim', 'block', 'admit', 'amend', 'watch'])

/** The gate fields that a command removes. */
export const gateFieldsToDrop = (command: string, to: TaskRow['state'], from: TaskRow['state']): readonly (keyof TaskRow)[] =>
  KEEPING_GATE_FIELDS.has(command) || (from === 'running' && to === 'running') ? [] : GATE_FIELDS

/** The reference of a task in gates: `tenant/id`. */
export const taskRef = (task: Pick<TaskRow, 'tenant' | 'id'>): Ref => refOf(task)

/** The key of the task with this reference. */
export const taskKeyOf = (ref: Ref): Key & { readonly kind: 'task' } => ({ kind: 'task', ...partsOf(ref) })

/** Every gate that may count this task: those in which it has a place, and the one at which it is blocked. */
export const gatesOf = ({ gates = [], blocked }: Pick<TaskRow, 'gates' | 'blocked'>): readonly GateRef[] =>
  blocked ? [...gates, blocked] : gates

/** The place of a blocked task in the waitlist of its gate. */
export const waitlistPlaceOf = (row: TaskRow): string | undefined =>
  row.blocked === undefined || row.queuedAt === undefined
    ? undefined
    : waitlistPlace(rankOf(row.priority ?? 'normal', row.queuedAt), taskRef(row))

/**
 * The gate effects of a change: the task joins a waitlist, leaves a waitlist, or releases places. They are derived from the
 * row, so every command that ends a task (of a worker, a caller, a deadline or the dead letters) also releases its places.
 */
export const gateEffects = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  const current = gatesOf(after)
  const released = before ? gatesOf(before).filter((gate) => !current.includes(gate)) : []
  const placeBefore = before && waitlistPlaceOf(before)
  const moved = placeBefore !== waitlistPlaceOf(after) || before?.blocked !== after.blocked
  return [
    ...(before?.blocked && placeBefore && moved
      ? [{ kind: 'leaveWaitlist', gate: before.blocked, place: placeBefore } as const]
      : []),
    ...released.map((gate) => ({ kind: 'release', gate, task: taskRef(after), epoch: before?.epoch ?? 0 }) as const),
    ...(moved ? joinEffects(after) : []),
  ]
}

/** Puts a blocked task on the waitlist of its gate. Repeating the effect changes nothing, so the sweep can repeat it. */
export const joinEffects = (row: TaskRow): readonly Extract<Effect, { kind: 'joinWaitlist' }>[] => {
  const place = waitlistPlaceOf(row)
  return row.blocked && place ? [{ kind: 'joinWaitlist', gate: row.blocked, place, epoch: row.epoch }] : []
}
