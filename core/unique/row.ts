import { defined } from '../defined.ts'
import type { Instant } from '../instant.ts'
import { LIMITS } from '../limits.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { Key } from '../row/key.ts'

/**
 * A name that stands for a task: the newest of those that are to be unique, or what an idempotency key has been answered
 * with. It is written before its task is. So a name without a task means that somebody is about to create that very task,
 * or died over it; whoever comes next creates it under the same id, and of all who do, the store lets one be the first.
 */
export type UniqueRow = Key & {
  readonly kind: 'unique'
  readonly version: number
  readonly taskId: string
  /** When it was last said that it stands for this task. */
  readonly at: Instant
  /** Of an idempotency key: the digest of the body that it came with. */
  readonly digest?: string
  /** When the store may forget the name. */
  readonly forgetAt: Instant
}

/** What is said to a name: stand for this task from now on. */
export type UniqueCommand = {
  readonly name: 'point'
  readonly at: Instant
  readonly by: string
  readonly taskId: string
  /** The version of the name that the speaker has looked at; 0: there was none. */
  readonly expectedVersion: number
  readonly digest?: string
  readonly forgetAt: Instant
}

/** The rule for names: only who knows what one stands for at present may have it stand for something else. */
export const decideUnique = (key: Key, row: UniqueRow | undefined, command: UniqueCommand): UniqueRow | Refusal => {
  const { at, taskId, expectedVersion: seen, digest, forgetAt } = command
  const version = row?.version ?? 0
  if (version !== seen)
    return refuse('superseded', `name ${key.id} has come to version ${version}, and ${seen} was looked at; look again`)
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

/** Is the task of this name perhaps being created right now? Longer ago, it has been forgotten or will never come. */
export const isBeingCreated = (row: UniqueRow, at: Instant): boolean => at - row.at < LIMITS.uniqueCreationMs

/**
 * Does a name stand for this task so lately that it need not say so again? Well before others stop waiting for the task:
 * who joins in creating it must not find the name moved on meanwhile.
 */
export const isFreshFor = (
  row: UniqueRow | undefined,
  { taskId, at, digest }: Pick<UniqueCommand, 'taskId' | 'at' | 'digest'>,
): boolean => row?.taskId === taskId && row.digest === digest && at - row.at < LIMITS.uniqueCreationMs / 2

/** When a name may be forgotten whose task is to start at `notBefore`. */
export const nameForgetAt = (notBefore: Instant, at: Instant): Instant => Math.max(notBefore, at) + LIMITS.uniqueKeepMs

/** Has a name only half of its time left, while its task is still wanted? Seldom, so that most duplicates write nothing. */
export const needsRenewal = (row: UniqueRow, notBefore: Instant, at: Instant): boolean =>
  nameForgetAt(notBefore, at) - row.forgetAt > LIMITS.uniqueKeepMs / 2
