import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Amendment, AmendTask } from './command.ts'
import { isUnstarted, type TaskChange, type TaskRow } from './row.ts'

/**
 * Replaces fields of a task that has not started with those of a later request. The wake-up is armed again only when its
 * time changes. A task that is acquiring gates starts over when its time or its gate changes.
 */
export const amendTask = (row: TaskRow, { at, amendment }: AmendTask): TaskChange | Refusal => {
  if (!isUnstarted(row))
    return refuse('notAllowed', `task ${row.id} has started; only a task that has never started can be amended`, {
      state: row.state,
    })
  const { gate, expiresAfterMs: _, tags, notBefore: newNotBefore, ...plain } = amendment
  const notBefore = newNotBefore === undefined ? row.notBefore : Math.max(newNotBefore, at)
  const expiresAt = deadlineOf(row, notBefore, amendment)
  const leavesGates =
    isAcquiringGates(row) && (newNotBefore !== undefined || (gate !== undefined && gateKeyOf(gate) !== row.gate?.key))
  const dueAt = leavesGates
    ? Math.max(notBefore, at)
    : wakesOnlyForDeadline(row)
      ? expiresAt
      : newNotBefore === undefined
        ? row.dueAt
        : notBefore
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
      ...(newNotBefore === undefined ? [] : (['redeliveries', 'watched'] as const)),
      ...(leavesGates ? (['blocked', 'gates', 'queuedAt'] as const) : []),
    ],
  }
}

const gateKeyOf = (gate: Amendment['gate']): string | undefined => (gate === undefined || gate === 'none' ? undefined : gate.key)

const isAcquiringGates = ({ blocked, gates }: TaskRow): boolean => blocked !== undefined || gates !== undefined

/** Only its deadline wakes a pending or a blocked task. */
const wakesOnlyForDeadline = ({ state, blocked }: TaskRow): boolean => state === 'pending' || blocked !== undefined

/** The deadline keeps its distance from `notBefore`, unless the amendment replaces it. */
const deadlineOf = (row: TaskRow, notBefore: Instant, { expiresAfterMs }: Amendment): Instant | undefined => {
  if (expiresAfterMs === 'never') return undefined
  if (expiresAfterMs !== undefined) return notBefore + expiresAfterMs
  return movedDeadline(row, notBefore)
}

/** The deadline of a task whose `notBefore` changes: it moves by the same amount. */
export const movedDeadline = (row: Pick<TaskRow, 'expiresAt' | 'notBefore'>, notBefore: Instant): Instant | undefined =>
  row.expiresAt === undefined ? undefined : row.expiresAt + notBefore - row.notBefore
