import { defined } from '../defined.ts'
import { hash32 } from '../hash.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { isFar } from '../wakeup.ts'
import { isDeadLetterCode } from './error.ts'
import { isOpen, type TaskRow, type TaskState } from './row.ts'

/**
 * The places of a row in the three indexes. A store derives its index keys only from these places, so all stores agree.
 * A plain task is written to an index once, when it is created.
 */
export type Places = {
  /** By tenant and `notBefore`. Contains every task, written once. Lists and the sweep read it. */
  readonly agenda: Instant
  /** Of all tenants, by time: wake-ups that the sweep would not find on the agenda. Sparse. */
  readonly watch?: Instant
  /** By tenant: tasks that may need a person, and a sample of the far ones. Sparse. */
  readonly attention?: Attention
}

/** Why a task is in the index `attention`: a state that may need a person, or `far` for a task of the sample. */
export type Attention = 'failed' | 'conflicted' | 'waiting' | 'expired' | 'far'

/**
 * The sweep passes every place of the agenda once, some minutes after its time. The watch index contains the wake-ups that
 * this walk does not find: those that have moved (retries, snoozes, deadlines, leases of later attempts), those of tasks
 * that the walk has found unsettled (`watched`), and far ones, so that upcoming wake-ups can be listed.
 */
export const placesOf = (row: TaskRow): Places => {
  const watch = watchAt(row)
  return { agenda: row.notBefore, ...defined({ watch }), ...defined({ attention: reasonOf(row) }) }
}

const reasonOf = (row: TaskRow): Attention | undefined => {
  const { state } = row
  if (state === 'failed' || state === 'conflicted' || state === 'waiting' || state === 'expired') return state
  return isFarTask(row) && isFarSample(row.id) ? 'far' : undefined
}

/**
 * Is this an open far task? It waits for a time that was too far ahead for a message when its row was last written. So it has
 * a timer, or gets one when it is made ready. The number of these tasks of a tenant is bounded (`LIMITS.farTasksCount`).
 */
export const isFarTask = ({ state, dueAt, notBefore, updatedAt }: TaskRow): boolean =>
  (state === 'scheduled' && dueAt !== undefined && isFar(updatedAt, dueAt)) ||
  (state === 'pending' && isFar(updatedAt, Math.max(notBefore, dueAt ?? 0)))

/** Is the task with this id in the sample, by which the far tasks of a tenant are counted when it is one of them? */
export const isFarSample = (id: string): boolean => hash32(id) % LIMITS.farSampleCount === 0

const watchAt = (row: TaskRow): Instant | undefined => {
  if (row.blocked) return blockedWatchAt(row)
  if (!isOpen(row.state) || row.dueAt === undefined) return undefined
  // A pending task is woken at its deadline.
  const isMoved = row.watched === true || row.state === 'pending' || row.dueAt !== row.notBefore
  if (row.state === 'running') return isMoved ? row.lease?.until : undefined
  return isMoved || isFar(row.updatedAt, row.dueAt) ? row.dueAt : undefined
}

/**
 * Must the sweep put this row on the watch, when it passes the row's place on the agenda? It must if the row can be open
 * later and not be on the watch: also a far task that is on the watch until its claim.
 */
export const needsWatch = (row: TaskRow): boolean =>
  row.watched === undefined &&
  row.dueAt === row.notBefore &&
  (row.state === 'running' || (row.state === 'scheduled' && !row.blocked))

/** Would only a visit of the sweep on the agenda find this row? Then its tenant must be visited until its place is passed. */
export const needsVisit = (row: TaskRow): boolean => needsWatch(row) && watchAt(row) === undefined

/** From when on the sweep repairs the row; undefined when nothing has to happen to it. */
export const overdueAt = (row: TaskRow): Instant | undefined =>
  row.blocked ? blockedWatchAt(row) : row.state === 'running' ? row.lease?.until : isOpen(row.state) ? row.dueAt : undefined

/** Its gate admits a blocked task. The sweep checks at the deadline, and after some time, that the task is still on the waitlist. */
const blockedWatchAt = (row: TaskRow): Instant =>
  Math.min(row.dueAt ?? Number.POSITIVE_INFINITY, row.updatedAt + LIMITS.gateRecoveryMs)

/** Selects the tasks that match every given field. Times: from ≤ notBefore < to. */
export type TaskFilter = {
  readonly state?: TaskState | undefined
  readonly type?: string | undefined
  readonly tag?: string | undefined
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
  /** The code of the task's current error, from its end or from its last attempt. */
  readonly errorCode?: string | undefined
}

/** Does the task match the filter? */
export const matchesFilter = (row: TaskRow, { state, type, tag, from, to, errorCode }: TaskFilter): boolean =>
  (state === undefined || row.state === state) &&
  (type === undefined || row.type === type) &&
  (tag === undefined || (row.tags ?? []).includes(tag)) &&
  (from === undefined || row.notBefore >= from) &&
  (to === undefined || row.notBefore < to) &&
  (errorCode === undefined || row.error?.code === errorCode)

/** The part of a tenant's agenda that contains these tasks: a range of time, and a sparse index if one contains all of them. */
export const agendaRangeOf = (filter: TaskFilter) => {
  const { from, to } = filter
  const attention = attentionOf(filter)
  return { ...defined({ from, to }), ...defined({ attention }) }
}

const attentionOf = ({ state, errorCode }: TaskFilter): Exclude<Attention, 'far'> | undefined => {
  if (state === 'failed' || state === 'conflicted' || state === 'waiting' || state === 'expired') return state
  // Only a failed task has such a code.
  return state === undefined && errorCode !== undefined && isDeadLetterCode(errorCode) ? 'failed' : undefined
}
