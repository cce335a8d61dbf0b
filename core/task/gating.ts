import { type GateRef, rankOf, waitlistPlace } from '../gate/row.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Effect } from '../row/effect.ts'
import type { Key } from '../row/key.ts'
import type { TaskChange } from './change.ts'
import { leased } from './claim.ts'
import type { GateTask } from './command.ts'
import type { TaskRow } from './row.ts'

/** Without a wake-up of its own. */
const WAITING = ['lease', 'dueAt'] as const
const LEASED = ['lease'] as const

type Of<Name extends GateTask['name']> = Extract<GateTask, { name: Name }>

/**
 * A task that found a gate busy waits there without a worker and without a message: only its deadline, if it has one,
 * wakes it. It keeps its place in time through all gates of its way. One whose worker was lost may have lost its place as well.
 */
export const blockTask = (row: TaskRow, command: Of<'block'>): TaskChange | Refusal => {
  const { at, gate, held } = command
  if (row.lease && at < row.lease.until) return leased(row, row.lease.until)
  return {
    state: 'scheduled',
    wakes: true,
    blocked: gate,
    queuedAt: row.queuedAt ?? at,
    gates: held,
    losses: row.losses + (row.state === 'running' ? 1 : 0),
    ...(row.expiresAt === undefined ? { drop: WAITING } : { dueAt: row.expiresAt, drop: LEASED }),
  }
}

/** The gate has given it a place: it is due now, and goes on its way as if it had just come. */
export const admitTask = (row: TaskRow, { at, gate }: Of<'admit'>): TaskChange | Refusal => {
  if (row.blocked !== gate) return refuse('notAllowed', `task ${row.id} does not wait at gate ${gate}`, { state: row.state })
  return {
    state: 'scheduled',
    wakes: true,
    dueAt: Math.max(row.notBefore, at),
    gates: [...(row.gates ?? []).filter((held) => held !== gate), gate],
    drop: ['blocked'],
  }
}

/** What a task knows of its way through gates. It forgets that whenever it leaves the way, whatever the reason. */
const WAY = ['blocked', 'gates', 'queuedAt'] as const
const ON_THE_WAY: ReadonlySet<string> = new Set(['claim', 'block', 'admit', 'amend'])

/** The fields of the way that a command lets go of. */
export const gateFieldsToDrop = (command: string, to: TaskRow['state'], from: TaskRow['state']): readonly (keyof TaskRow)[] =>
  ON_THE_WAY.has(command) || (from === 'running' && to === 'running') ? [] : WAY

/** A task as gates name it. */
export const taskRef = ({ tenant, id }: Pick<TaskRow, 'tenant' | 'id'>): string => `${tenant}/${id}`

/** The key of a task by that name. */
export const taskKeyOf = (ref: string): Key & { readonly kind: 'task' } => {
  const [tenant = '', id = ''] = ref.split('/')
  return { kind: 'task', tenant, id }
}

/** Every gate that may count this task in: where it has a place, and where it waits for one. */
export const gatesOf = ({ gates = [], blocked }: Pick<TaskRow, 'gates' | 'blocked'>): readonly GateRef[] =>
  blocked ? [...gates, blocked] : gates

/** Where a blocked task stands in its gate's line. */
export const waitlistPlaceOf = (row: TaskRow): string | undefined =>
  row.blocked === undefined || row.queuedAt === undefined
    ? undefined
    : waitlistPlace(rankOf(row.priority ?? 'normal', row.queuedAt), taskRef(row))

/**
 * What a change means to the gates on a task's way: it joins a line, it leaves one, it gives places back. All follow from
 * the row, so that whatever ends a task (its worker, a caller, a deadline, the dead letters) also frees what it held.
 */
export const gateEffects = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  const still = gatesOf(after)
  const left = before ? gatesOf(before).filter((gate) => !still.includes(gate)) : []
  const from = before && waitlistPlaceOf(before)
  const moved = from !== waitlistPlaceOf(after) || before?.blocked !== after.blocked
  return [
    ...(before?.blocked && from && moved ? [{ kind: 'leaveWaitlist', gate: before.blocked, place: from } as const] : []),
    ...left.map((gate) => ({ kind: 'release', gate, task: taskRef(after), epoch: before?.epoch ?? 0 }) as const),
    ...(moved ? joinEffects(after) : []),
  ]
}

/** A blocked task stands in its gate's line. Saying so again changes nothing, which is what the sweep relies on. */
export const joinEffects = (row: TaskRow): readonly Extract<Effect, { kind: 'joinWaitlist' }>[] => {
  const place = waitlistPlaceOf(row)
  return row.blocked && place ? [{ kind: 'joinWaitlist', gate: row.blocked, place, epoch: row.epoch }] : []
}
