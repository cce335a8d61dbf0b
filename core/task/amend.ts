import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { TaskChange } from './change.ts'
import type { Amendment, AmendTask } from './command.ts'
import { isUnstarted, type TaskRow } from './row.ts'

/**
 * Another request takes the place of the one that made a task which has not started. Only what moves its wake-up arms it
 * anew. On its way through gates, another time or another gate is a new beginning of that way.
 */
export const amendTask = (row: TaskRow, { at, amendment }: AmendTask): TaskChange | Refusal => {
  if (!isUnstarted(row))
    return refuse('notAllowed', `task ${row.id} has been started before; only one that never was can be amended`, {
      state: row.state,
    })
  const { gate, expiresAfterMs: _, tags, notBefore: asked, ...plain } = amendment
  const notBefore = asked === undefined ? row.notBefore : Math.max(asked, at)
  const expiresAt = deadlineOf(row, notBefore, amendment)
  const strays = isOnTheWay(row) && (asked !== undefined || (gate !== undefined && gateKeyOf(gate) !== row.gate?.key))
  const dueAt = strays ? Math.max(notBefore, at) : sleeps(row) ? expiresAt : asked === undefined ? row.dueAt : notBefore
  return {
    ...plain,
    state: row.state,
    notBefore,
    ...(dueAt === row.dueAt ? {} : { wakes: true as const }),
    ...defined({ dueAt, expiresAt }),
    ...(tags?.length ? { tags } : {}),
    ...(gate && gate !== 'none' ? { gate } : {}),
    drop: [
      ...(dueAt === undefined ? (['dueAt'] as const) : []),
      ...(expiresAt === undefined ? (['expiresAt'] as const) : []),
      ...(tags?.length === 0 ? (['tags'] as const) : []),
      ...(gate === 'none' ? (['gate'] as const) : []),
      ...(asked === undefined ? [] : (['redeliveries'] as const)),
      ...(strays ? (['blocked', 'gates', 'queuedAt'] as const) : []),
    ],
  }
}

const gateKeyOf = (gate: Amendment['gate']): string | undefined => (gate === undefined || gate === 'none' ? undefined : gate.key)

const isOnTheWay = ({ blocked, gates }: TaskRow): boolean => blocked !== undefined || gates !== undefined

/** Nothing wakes a pending or a blocked task but its deadline. */
const sleeps = ({ state, blocked }: TaskRow): boolean => state === 'pending' || blocked !== undefined

/** A deadline keeps its distance from the time that it is counted from, unless it is itself replaced. */
const deadlineOf = (row: TaskRow, notBefore: Instant, { expiresAfterMs }: Amendment): Instant | undefined => {
  if (expiresAfterMs === 'never') return undefined
  if (expiresAfterMs !== undefined) return notBefore + expiresAfterMs
  return movedDeadline(row, notBefore)
}

/** Where the deadline goes when the task is given another time: along with it. */
export const movedDeadline = (row: Pick<TaskRow, 'expiresAt' | 'notBefore'>, notBefore: Instant): Instant | undefined =>
  row.expiresAt === undefined ? undefined : row.expiresAt + notBefore - row.notBefore
