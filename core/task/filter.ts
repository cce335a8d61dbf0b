import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { isDead } from './error.ts'
import type { Places } from './places.ts'
import type { TaskRow, TaskState } from './row.ts'

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
export const fits = (row: TaskRow, { state, type, tag, from, to, errorCode }: TaskFilter): boolean =>
  (state === undefined || row.state === state) &&
  (type === undefined || row.type === type) &&
  (tag === undefined || (row.tags ?? []).includes(tag)) &&
  (from === undefined || row.notBefore >= from) &&
  (to === undefined || row.notBefore < to) &&
  (errorCode === undefined || row.error?.code === errorCode)

/** The part of a tenant's agenda that contains these tasks: a range of time, and a sparse index if one contains all of them. */
export const spanOf = (filter: TaskFilter) => {
  const { from, to } = filter
  const attention = attentionOf(filter)
  return { ...defined({ from, to }), ...defined({ attention }) }
}

const attentionOf = ({ state, errorCode }: TaskFilter): Places['attention'] => {
  if (state === 'failed' || state === 'conflicted' || state === 'waiting' || state === 'expired') return state
  // Only a failed task has such a code.
  return state === undefined && errorCode !== undefined && isDead(errorCode) ? 'failed' : undefined
}
