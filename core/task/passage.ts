import { placeInLine, rankOf } from '../gate/line.ts'
import type { GateRef } from '../gate/row.ts'
import type { Effect } from '../row/effect.ts'
import type { Key } from '../row/key.ts'
import type { TaskRow } from './row.ts'

/** A task as gates name it. */
export const taskRef = ({ tenant, id }: Pick<TaskRow, 'tenant' | 'id'>): string => `${tenant}/${id}`

/** The key of a task by that name. */
export const taskNamed = (ref: string): Key & { readonly kind: 'task' } => {
  const [tenant = '', id = ''] = ref.split('/')
  return { kind: 'task', tenant, id }
}

/** Every gate that may count this task in: where it has a place, and where it waits for one. */
export const gatesAround = ({ gates = [], blocked }: Pick<TaskRow, 'gates' | 'blocked'>): readonly GateRef[] =>
  blocked ? [...gates, blocked] : gates

/** Where a blocked task stands in its gate's line. */
export const placeOf = (row: TaskRow): string | undefined =>
  row.blocked === undefined || row.queuedAt === undefined
    ? undefined
    : placeInLine(rankOf(row.priority ?? 'normal', row.queuedAt), taskRef(row))

/**
 * What a change means to the gates on a task's way: it joins a line, it leaves one, it gives places back. All follow from
 * the row, so that whatever ends a task (its worker, a caller, a deadline, the dead letters) also frees what it held.
 */
export const passage = (before: TaskRow | undefined, after: TaskRow): readonly Effect[] => {
  const still = gatesAround(after)
  const left = before ? gatesAround(before).filter((gate) => !still.includes(gate)) : []
  const from = before && placeOf(before)
  const moved = from !== placeOf(after) || before?.blocked !== after.blocked
  return [
    ...(before?.blocked && from && moved ? [{ kind: 'unline', gate: before.blocked, place: from } as const] : []),
    ...left.map((gate) => ({ kind: 'leave', gate, task: taskRef(after), epoch: before?.epoch ?? 0 }) as const),
    ...(moved ? joins(after) : []),
  ]
}

/** A blocked task stands in its gate's line. Saying so again changes nothing, which is what the sweep relies on. */
export const joins = (row: TaskRow): readonly Extract<Effect, { kind: 'join' }>[] => {
  const place = placeOf(row)
  return row.blocked && place ? [{ kind: 'join', gate: row.blocked, place, epoch: row.epoch }] : []
}
