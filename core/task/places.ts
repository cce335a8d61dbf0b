import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { isFar } from '../wakeup.ts'
import { isOpen, type TaskRow } from './row.ts'

/**
 * Where a row stands in the three indexes. A store derives its index keys from this and from nothing else, so every
 * store agrees, and a plain task touches an index once: when it is created.
 */
export type Places = {
  /** By tenant and nominal time; every task, written once. Lists and the sweep read it. */
  readonly agenda: Instant
  /** Over all tenants, by time: wake-ups that the sweep would not meet on its way along the agenda. Sparse. */
  readonly watch?: Instant
  /** By tenant: what a person may want to look at. Sparse. */
  readonly attention?: 'failed' | 'conflicted' | 'waiting' | 'expired'
}

/**
 * A wake-up at its nominal time is met by the sweep as it passes that time on the agenda. Far ones are watched as well,
 * for "what is coming"; and so is whatever has left its nominal time: retries, snoozes, deadlines, leases of later attempts.
 */
export const placesOf = (row: TaskRow): Places => {
  const watch = watchAt(row)
  const { state } = row
  return {
    agenda: row.notBefore,
    ...defined({ watch }),
    ...(state === 'failed' || state === 'conflicted' || state === 'waiting' || state === 'expired' ? { attention: state } : {}),
  }
}

const watchAt = (row: TaskRow): Instant | undefined => {
  if (row.blocked) return lineLookAt(row)
  if (!isOpen(row.state) || row.dueAt === undefined) return undefined
  const departed = row.dueAt !== row.notBefore
  if (row.state === 'running') return departed ? row.lease?.until : undefined
  return departed || isFar(row.updatedAt, row.dueAt) ? row.dueAt : undefined
}

/** When the sweep should wonder why this row has not moved; undefined when nothing has to happen to it. */
export const overdueAt = (row: TaskRow): Instant | undefined =>
  row.blocked ? lineLookAt(row) : row.state === 'running' ? row.lease?.until : isOpen(row.state) ? row.dueAt : undefined

/** A blocked task is called by its gate; the sweep looks after some time whether it still stands in line, and minds its deadline. */
const lineLookAt = (row: TaskRow): Instant =>
  Math.min(row.dueAt ?? Number.POSITIVE_INFINITY, row.updatedAt + LIMITS.gateRecoveryMs)
