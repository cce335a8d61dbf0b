import type * as z from 'zod'
import { defined } from './defined.ts'
import { DURATION_FORM, type DurationMs, parseDuration } from './duration.ts'
import { failureHandlerFault } from './failure.ts'
import type { TypeLimit } from './gate/requirements.ts'
import { PRIORITIES, type Priority } from './gate/row.ts'
import type { Instant } from './instant.ts'
import type { GateInput } from './reading/gate.ts'
import { type TypeLimitInput, typeLimitField } from './reading/limit.ts'
import { read } from './reading/read.ts'
import { isRefusal } from './refusal.ts'
import { type RetryInput, readRetry } from './retry/format.ts'
import { DEFAULT_RETRY, type RetryPolicy } from './retry/policy.ts'
import type { Json } from './row/json.ts'
import type { Progress } from './task/progress.ts'
import type { EventLevel } from './task/row.ts'
import { readUnique, type UniqueInput, type UniquePolicy } from './unique/policy.ts'
import { type Upcasters, versionFault } from './upcast.ts'

// What task types are written with besides: this module is the one door through which handlers see core.
export { DURATION_FORM, type DurationMs, parseDuration } from './duration.ts'
export { type Instant, iso, parseInstant } from './instant.ts'
export { LIMITS } from './limits.ts'
export type { Json } from './row/json.ts'
export type { Progress } from './task/progress.ts'
export { type Upcaster, type Upcasters, upcast } from './upcast.ts'

/** What a handler is given. */
export type Context<Input> = {
  readonly input: Input
  readonly task: {
    readonly id: string
    readonly tenant: string
    readonly type: string
    readonly createdAt: Instant
    readonly notBefore: Instant
    readonly tags: readonly string[]
  }
  /** Counts from 1. */
  readonly attempt: number
  /**
   * Says that it is time to stop. `signal.reason` is a `TimeoutError` when the task's timeout is over, and else an
   * `AbortError`, whose message says why: somebody wants the task cancelled, the claim has passed to another worker, or
   * the function that runs it is about to be killed. After a cancel it is the handler's answer that counts; after all
   * others nothing that it still says is heard.
   */
  readonly signal: AbortSignal
  readonly log: HandlerLog
  /**
   * Tells how far the work has come, for whoever looks at the task meanwhile; each time anew, and all of it. It also looks
   * at once what `signal` would else hear within seconds.
   *
   * @throws HandlerError `BadProgress`, not worth another attempt, when the progress is out of bounds
   * @example await heartbeat({ percent: 40, text: 'copying tables', counters: { tables: 120 } })
   */
  readonly heartbeat: (progress?: Progress) => Promise<void>
  /** The same for every attempt of this task: give it to whatever you call, so that a repeat does nothing twice. */
  readonly idempotencyKey: string
}

/** A handler's log lines carry the task's tenant, id, type and attempt, and the attempt's correlation id, by themselves. */
export type HandlerLog = {
  readonly info: (message: string, fields?: Readonly<Record<string, unknown>>) => void
  readonly warn: (message: string, fields?: Readonly<Record<string, unknown>>) => void
  readonly error: (message: string, fields?: Readonly<Record<string, unknown>>) => void
}

const OUTCOME = Symbol.for('carillon.outcome')

/** What a handler may answer besides a plain value: the whole list. */
export type Outcome = { readonly [OUTCOME]: true } & (
  | { readonly outcome: 'retryLater'; readonly reason: string; readonly delayMs?: DurationMs }
  | { readonly outcome: 'giveUp'; readonly reason: string; readonly code?: string }
  | { readonly outcome: 'snooze'; readonly delayMs: DurationMs; readonly reason?: string }
  | { readonly outcome: 'conflict'; readonly reason: string }
  | { readonly outcome: 'wait'; readonly forMs?: DurationMs; readonly reason?: string }
)

/** How long, as a text such as `"5m"` or in milliseconds. */
export type Delay = DurationMs | string

/** @throws HandlerError, not worth another attempt, when a text is no duration */
const delayMs = (delay: Delay): DurationMs => {
  const ms = typeof delay === 'number' ? delay : parseDuration(delay)
  if (ms === undefined)
    throw nonRetriable('BadDelay', `the delay ${JSON.stringify(delay)} must be milliseconds or ${DURATION_FORM}`)
  return ms
}

/** Try again: counts as a failed attempt. Without a delay the task's retry policy says when. */
export const retryLater = (reason: string, delay?: Delay): Outcome => ({
  [OUTCOME]: true,
  outcome: 'retryLater',
  reason,
  ...(delay === undefined ? {} : { delayMs: delayMs(delay) }),
})
/** Fail for good, now, with attempts left or not. `code` is what the failure task and the API see (default `GaveUp`). */
export const giveUp = (reason: string, code?: string): Outcome => ({
  [OUTCOME]: true,
  outcome: 'giveUp',
  reason,
  ...(code ? { code } : {}),
})
/** Not now: come back after the delay. Does not count as an attempt; for throttling by others and for "not ready yet". @example snooze('30s') */
export const snooze = (delay: Delay, reason?: string): Outcome => ({
  [OUTCOME]: true,
  outcome: 'snooze',
  delayMs: delayMs(delay),
  ...(reason ? { reason } : {}),
})
/** Something else is in the way, and trying again will not help: the task ends as `conflicted`. */
export const conflict = (reason: string): Outcome => ({ [OUTCOME]: true, outcome: 'conflict', reason })
/** Sleep in the database until somebody resumes the task; after `delay`, if given, it fails as `WaitTimeout`. @example wait('7d') */
export const wait = (delay?: Delay, reason?: string): Outcome => ({
  [OUTCOME]: true,
  outcome: 'wait',
  ...(delay === undefined ? {} : { forMs: delayMs(delay) }),
  ...(reason ? { reason } : {}),
})

/** Is this one of the answers above, rather than a plain output? */
export const isOutcome = (value: unknown): value is Outcome => typeof value === 'object' && value !== null && OUTCOME in value

/** An error of which the handler knows whether a repeat may help. Any other error counts as retriable. */
export type HandlerError = Error & { readonly code: string; readonly retriable: boolean }

/** Makes an error that is worth another attempt. @example throw retriable('Busy', 'the sandbox is still being copied') */
export const retriable = (code: string, message: string): HandlerError =>
  Object.assign(new Error(message), { name: code, code, retriable: true })
/** Makes an error that no repeat can mend. @example throw nonRetriable('NoSuchEnvironment', `there is no ${name}`) */
export const nonRetriable = (code: string, message: string): HandlerError =>
  Object.assign(new Error(message), { name: code, code, retriable: false })

/** A task type: what can be done, with the promises that its tasks are made under. */
export type TaskType<Schema extends z.ZodType = z.ZodType> = {
  readonly name: string
  readonly input: Schema
  /** Said in lists and in OpenAPI. */
  readonly description?: string
  /** How long an attempt may take; at most the lane's bound, which is also the default. */
  readonly timeoutMs?: DurationMs
  readonly retry?: RetryPolicy
  readonly lane?: string
  /** The type of the task that is submitted when one of these fails for good. */
  readonly onFailure?: string
  /** Which lifecycle events go to the bus: `none` (the default), `terminal` or `all`. */
  readonly events?: EventLevel
  /** How many tasks of this type may run at once, or start in a period: of each tenant, or of all together. */
  readonly limit?: TypeLimit
  /** The gate of each task, computed from its input: such as one at a time for each environment. Undefined is none. */
  readonly gate?: (input: z.output<Schema>) => GateInput | undefined
  /** How long after its time a task may start at the latest: after that it expires, and never runs late. */
  readonly expiresAfterMs?: DurationMs
  /** No second task of its kind: a duplicate is answered with the existing one. */
  readonly unique?: UniquePolicy
  /** Who goes first where some have to wait. @default 'normal' */
  readonly priority?: Priority
  /** Version of the input's schema. @default 1 */
  readonly version?: number
  /** How inputs of earlier versions become those of the next: tasks that were made under them still run. */
  readonly upcasters?: Upcasters
  readonly run: (context: Context<z.output<Schema>>) => unknown
}

/** A duration as people write it. */
type DurationText = string

/** What `defineTask` takes: a task type with its durations written out. */
export type TaskDefinition<Schema extends z.ZodType> = Omit<
  TaskType<Schema>,
  'name' | 'timeoutMs' | 'retry' | 'limit' | 'expiresAfterMs' | 'unique' | 'run'
> & {
  /** Such as `"30s"`. */
  readonly timeout?: DurationText
  readonly retry?: RetryInput
  /** Such as `{ concurrency: 5, rate: { count: 100, per: '1h' } }`; with `across: 'all'`, over all tenants. */
  readonly limit?: TypeLimitInput
  /** Such as `"10m"`. */
  readonly expiresAfter?: DurationText
  /** Such as `{ by: ['type', '/invoice'] }`. */
  readonly unique?: UniqueInput
  readonly run: (context: Context<z.output<Schema>>) => HandlerResult | Promise<HandlerResult>
}

// biome-ignore lint/suspicious/noConfusingVoidType: a handler without a return statement is the most common one of all
type HandlerResult = Json | Outcome | undefined | void

const NAME = /^[a-z0-9][a-z0-9.-]{0,63}$/

/**
 * Defines a task type: a name, what its input looks like, its promises, and what to do. The input that `run` gets has
 * been read by the schema, so its type is the schema's output.
 *
 * @throws TypeError when the name, a duration, the retry policy or the versions cannot be: at definition, not at the first task
 * @example
 * export const greet = defineTask('greet', {
 *   input: z.object({ name: z.string() }),
 *   timeout: '10s',
 *   run: async ({ input }) => `Hello, ${input.name}`,
 * })
 */
export const defineTask = <Schema extends z.ZodType>(name: string, definition: TaskDefinition<Schema>): TaskType<Schema> => {
  const { timeout, retry, limit, expiresAfter, unique, ...rest } = definition
  if (!NAME.test(name))
    throw new TypeError(
      `task type ${JSON.stringify(name)}: a name is 1 to 64 of a-z, 0-9, dot and dash, and starts with a letter or digit`,
    )
  const durationOf = (field: string, text: DurationText | undefined): DurationMs | undefined => {
    const ms = text === undefined ? undefined : parseDuration(text)
    if (text === undefined || ms) return ms
    throw new TypeError(`task type ${name}: ${field} ${JSON.stringify(text)} must be ${DURATION_FORM}, above zero`)
  }
  const timeoutMs = durationOf('timeout', timeout)
  const expiresAfterMs = durationOf('expiresAfter', expiresAfter)
  const uniquePolicy = unique && readUnique(unique)
  if (isRefusal(uniquePolicy)) throw new TypeError(`task type ${name}: unique${uniquePolicy.path ?? ''}: ${uniquePolicy.message}`)
  const policy = retry ? readRetry(retry) : DEFAULT_RETRY
  if (isRefusal(policy)) throw new TypeError(`task type ${name}: retry${policy.path ?? ''}: ${policy.message}`)
  const typeLimit = limit && read(typeLimitField, limit, '/limit')
  if (isRefusal(typeLimit)) throw new TypeError(`task type ${name}: ${typeLimit.message}`)
  if (!PRIORITIES.includes(rest.priority ?? 'normal'))
    throw new TypeError(`task type ${name}: priority ${JSON.stringify(rest.priority)} must be one of ${PRIORITIES.join(', ')}`)
  const fault = versionFault(rest)
  if (fault) throw new TypeError(`task type ${name}: ${fault}`)
  return {
    ...rest,
    name,
    retry: policy,
    ...defined({ timeoutMs, expiresAfterMs }),
    ...(typeLimit ? { limit: typeLimit.value } : {}),
    ...defined({ unique: uniquePolicy }),
  }
}

/**
 * Types by name.
 *
 * @param catchAll the type of the failure tasks of those that name none
 * @throws TypeError when two share a name, or an `onFailure` names none of them or one that takes no failures
 */
export const registryOf = (types: readonly TaskType[], catchAll?: string): ReadonlyMap<string, TaskType> => {
  const registry = new Map<string, TaskType>()
  for (const type of types) {
    if (registry.has(type.name)) throw new TypeError(`two task types are called ${type.name}; names must differ`)
    registry.set(type.name, type)
  }
  if (catchAll !== undefined && !registry.has(catchAll))
    throw new TypeError(`the catch-all onFailure names ${catchAll}, which is not registered`)
  for (const { name, onFailure = catchAll } of types) {
    if (!onFailure) continue
    const handler = registry.get(onFailure)
    if (!handler) throw new TypeError(`task type ${name}: onFailure names ${onFailure}, which is not registered`)
    const fault = failureHandlerFault(name, handler)
    if (fault) throw new TypeError(`task type ${name}: onFailure: ${fault}`)
  }
  return registry
}
