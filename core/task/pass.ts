import { type Refusal, refuse } from '../refusal.ts'
import type { Move } from './change.ts'
import { leased } from './claim.ts'
import type { PassTask } from './command.ts'
import type { TaskRow } from './row.ts'

/** Without a wake-up of its own. */
const WAITING = ['lease', 'dueAt'] as const
const LEASED = ['lease'] as const

type Of<Name extends PassTask['name']> = Extract<PassTask, { name: Name }>

/**
 * A task that found a gate busy waits there without a worker and without a message: only its deadline, if it has one,
 * wakes it. It keeps its place in time through all gates of its way. One whose worker was lost may have lost its place as well.
 */
export const blockTask = (row: TaskRow, command: Of<'block'>): Move | Refusal => {
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
export const admitTask = (row: TaskRow, { at, gate }: Of<'admit'>): Move | Refusal => {
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
export const leftBehind = (command: string, to: TaskRow['state'], from: TaskRow['state']): readonly (keyof TaskRow)[] =>
  ON_THE_WAY.has(command) || (from === 'running' && to === 'running') ? [] : WAY
