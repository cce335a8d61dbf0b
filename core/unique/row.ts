import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'

/**
 * A unique key or an idempotency key. It points to a task: the newest of its duplicates, or the task that answered the
 * idempotency key. The key is written before the task. A key without a task therefore means that a request is creating the task
 * or has crashed; the next request creates the task under the same id, and the store accepts only the first creation.
 */
export type UniqueRow = Key & {
  readonly kind: 'unique'
  readonly version: number
  readonly taskId: string
  /** When the key was last pointed to this task. */
  readonly at: Instant
  /** For an idempotency key: the digest of the request body. */
  readonly digest?: string
  /** When the store may forget the key. */
  readonly forgetAt: Instant
}

/** The command that points a key to a task. */
export type UniqueCommand = {
  readonly name: 'point'
  readonly at: Instant
  readonly by: string
  readonly taskId: string
  /** The version of the key that the request has read; 0 when it did not exist. */
  readonly expectedVersion: number
  readonly digest?: string
  readonly forgetAt: Instant
}

/** Points a key to a task. Only a request that has read the current version of the key can do that. */
export const decideUnique = (key: Key, row: UniqueRow | undefined, command: UniqueCommand): UniqueRow | Refusal => {
  const { at, taskId, expectedVersion, digest, forgetAt } = command
  const version = row?.version ?? 0
  if (version !== expectedVersion)
    return refuse('superseded', `unique key ${key.id} is at version ${version}, not at ${expectedVersion}; read it again`)
  const { tenant, id } = key
  return {
    kind: 'unique',
    tenant,
    id,
    version: version + 1,
    taskId,
    at,
    ...defined({ digest }),
    forgetAt,
  }
}

/** Can the task of this key still be in creation? After this time it was forgotten or never created. */
export const isBeingCreated = (row: UniqueRow, at: Instant): boolean => at - row.at < LIMITS.uniqueCreationMs

/**
 * Does the key point to this task, recently enough that no write is needed? Half the time of `isBeingCreated`: the key must not
 * move to another task while a second request still creates this one.
 */
export const isFreshFor = (
  row: UniqueRow | undefined,
  { taskId, at, digest }: Pick<UniqueCommand, 'taskId' | 'at' | 'digest'>,
): boolean => row?.taskId === taskId && row.digest === digest && at - row.at < LIMITS.uniqueCreationMs / 2

/** When the store may forget a key whose task starts at `notBefore`. */
export const nameForgetAt = (notBefore: Instant, at: Instant): Instant => Math.max(notBefore, at) + LIMITS.uniqueKeepMs

/** Has the key less than half of its time left? This is rare, so most duplicates need no write. */
export const needsRenewal = (row: UniqueRow, notBefore: Instant, at: Instant): boolean =>
  nameForgetAt(notBefore, at) - row.forgetAt > LIMITS.uniqueKeepMs / 2
