import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { isDead } from './error.ts'
import type { Places } from './places.ts'
import type { TaskRow, TaskState } from './row.ts'

/** Which tasks are meant: those that fit everything that is named. Times are those of `notBefore`: from ≤ notBefore < to. */
export type TaskFilter = {
  readonly state?: TaskState | undefined
  readonly type?: string | undefined
  readonly tag?: string | undefined
  readonly from?: Instant | undefined
  readonly to?: Instant | undefined
  /** The code of the error that it has: of its end, or of its last attempt. */
  readonly errorCode?: string | undefined
}

/** Is this task meant? */
export const fits = (row: TaskRow, { state, type, tag, from, to, errorCode }: TaskFilter): boolean =>
  (state === undefined || row.state === state) &&
  (type === undefined || row.type === type) &&
  (tag === undefined || (row.tags ?? []).includes(tag)) &&
  (from === undefined || row.notBefore >= from) &&
  (to === undefined || row.notBefore < to) &&
  (errorCode === undefined || row.error?.code === errorCode)

/** Where on a tenant's agenda such tasks stand: a stretch of time, and a sparse index where one has all of them. */
export const spanOf = (filter: TaskFilter) => {
  const { from, to } = filter
  const attention = attentionOf(filter)
  return { ...defined({ from, to }), ...defined({ attention }) }
}

const attentionOf = ({ state, errorCode }: TaskFilter): Places['attention'] => {
  if (state === 'failed' || state === 'conflicted' || state === 'waiting' || state === 'expired') return state
  // Nothing but its end gives a task such a code.
  return state === undefined && errorCode !== undefined && isDead(errorCode) ? 'failed' : undefined
}
