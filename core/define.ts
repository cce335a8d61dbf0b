import type * as z from 'zod'
import { defined } from './defined.ts'
import { DURATION_FORM, type DurationMs, parseDuration } from './duration.ts'
import { failureHandlerFault, failureInputFault, type OnFailure, partsOf } from './failure.ts'
import type { TypeLimit } from './gate/requirements.ts'
import { PRIORITIES, type Priority } from './gate/row.ts'
import type { Context, Outcome } from './handler.ts'
import type { GateInput } from './reading/gate.ts'
import { type TypeLimitInput, typeLimitField } from './reading/limit.ts'
import { readOnFailure } from './reading/on-failure.ts'
import { read } from './reading/read.ts'
import { isRefusal } from './refusal.ts'
import { type RetryInput, readRetry } from './retry/format.ts'
import { DEFAULT_RETRY, type RetryPolicy } from './retry/policy.ts'
import type { Json } from './row/json.ts'
import type { EventLevel } from './task/row.ts'
import { readUnique, type UniqueInput, type UniquePolicy } from './unique/policy.ts'
import { type Upcasters, versionFault } from './upcast.ts'

// Handlers import everything of core through this module.
export { DURATION_FORM, type DurationMs, parseDuration } from './duration.ts'
export {
  type Context,
  conflict,
  type Delay,
  giveUp,
  type HandlerError,
  type HandlerLog,
  isOutcome,
  nonRetriable,
  type Outcome,
  retriable,
  retryLater,
  snooze,
  wait,
} from './handler.ts'
export { type Instant, iso, parseInstant } from './instant.ts'
export { LIMITS } from './limits.ts'
export type { Json } from './row/json.ts'
export type { Progress } from './task/progress.ts'
export { type Upcaster, type Upcasters, upcast } from './upcast.ts'

/** A task type: a name, an input schema, a handler, and policies. Make one with `defineTask`. */
export type TaskType<Schema extends z.ZodType = z.ZodType> = {
  readonly name: string
  /** The zod schema of the input. */
  readonly input: Schema
  /** A sentence for the list of task types and for OpenAPI. */
  readonly description?: string
  /** The longest time of one attempt, in milliseconds; at most the lane's limit, which is also the default. */
  readonly timeoutMs?: DurationMs
  /** When a failed attempt is repeated. @default three attempts, about 5 s and 10 s apart */
  readonly retry?: RetryPolicy
  /** The queue and executor that run the tasks. @default 'normal' */
  readonly lane?: string
  /**
   * The failure task: it is submitted when a task of this type has failed for good. Its input is the failure, unless one is given.
   *
   * @example 'notify-accounting'
   * @example { type: 'http', input: { url: 'https://ops.example.com/failed' } }
   */
  readonly onFailure?: OnFailure
  /**
   * The field of the input that gets the failure, when a task of this type is a failure task with an input of its own and the
   * input has no such field. For `http` it is `body`, so a webhook needs no handler.
   *
   * @example failureField: 'failure'
   */
  readonly failureField?: string
  /** Which lifecycle events are published to the event bus: `none`, `terminal` or `all`. @default 'none' */
  readonly events?: EventLevel
  /** Limits how many tasks of this type run at once or start in a period, for each tenant or for all tenants together. */
  readonly limit?: TypeLimit
  /**
   * The gate of a task, computed from its input; undefined for none.
   *
   * @example gate: ({ environment }) => ({ key: `environment:${environment}`, limit: 1 })
   */
  readonly gate?: (input: z.output<Schema>) => GateInput | undefined
  /** Milliseconds after its time by which a task must start; otherwise it expires and never runs. */
  readonly expiresAfterMs?: DurationMs
  /** Rejects duplicates: a duplicate request is answered with the existing task. */
  readonly unique?: UniquePolicy
  /** The order on the waitlist of a gate: `high`, `normal` or `low`. @default 'normal' */
  readonly priority?: Priority
  /** The version of the input schema. @default 1 */
  readonly version?: number
  /**
   * Functions that convert an input of one version to the next, so that tasks created under an older version still run.
   *
   * @example upcasters: { 1: (name: string) => ({ name }) } // from version 1 to 2
   */
  readonly upcasters?: Upcasters
  /** The handler. */
  readonly run: (context: Context<z.output<Schema>>) => unknown
}

/** A duration in its written form. */
type DurationText = string

/** The argument of `defineTask`: a task type with durations and policies in their written form. */
export type TaskDefinition<Schema extends z.ZodType> = Omit<
  TaskType<Schema>,
  'name' | 'timeoutMs' | 'retry' | 'limit' | 'expiresAfterMs' | 'unique' | 'run'
> & {
  /** The longest time of one attempt; at most the lane's limit, which is also the default. @example '30s' */
  readonly timeout?: DurationText
  /**
   * When a failed attempt is repeated.
   *
   * @default { policy: 'exponential', wait: '5s', maxWait: '10m', attempts: 3 }
   * @example { policy: 'fixed', wait: '1m', attempts: 5 }
   */
  readonly retry?: RetryInput
  /**
   * Limits how many tasks of this type run at once or start in a period. `across: 'all'` counts all tenants together.
   *
   * @example { concurrency: 5, rate: { count: 100, per: '1h' } }
   */
  readonly limit?: TypeLimitInput
  /** A task that has not started this long after its time expires and never runs. @example '10m' */
  readonly expiresAfter?: DurationText
  /** Rejects duplicates: a duplicate request is answered with the existing task. @example { by: ['type', '/invoice'] } */
  readonly unique?: UniqueInput
  /** The handler. It returns the output of the task, as JSON, or an `Outcome`. A thrown error fails the attempt. */
  readonly run: (context: Context<z.output<Schema>>) => HandlerResult | Promise<HandlerResult>
}

// biome-ignore lint/suspicious/noConfusingVoidType: many handlers have no return statement
type HandlerResult = Json | Outcome | undefined | void

const NAME = /^[a-z0-9][a-z0-9.-]{0,63}$/

/**
 * Defines a task type: its name, input schema, policies and handler. The schema reads the input before `run`, so `input` has the
 * output type of the schema.
 *
 * @param name 1 to 64 of a-z, 0-9, dot and dash, starting with a letter or digit
 * @throws TypeError at definition, when the name, a duration, a policy, the limit, the priority or a version is invalid
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
      `task type ${JSON.stringify(name)}: a name has 1 to 64 of a-z, 0-9, dot and dash, and starts with a letter or digit`,
    )
  const durationOf = (field: string, text: DurationText | undefined): DurationMs | undefined => {
    const ms = text === undefined ? undefined : parseDuration(text)
    if (text === undefined || ms) return ms
    throw new TypeError(`task type ${name}: ${field} is ${JSON.stringify(text)}; it must be ${DURATION_FORM}, above zero`)
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
    throw new TypeError(
      `task type ${name}: priority is ${JSON.stringify(rest.priority)}; it must be one of ${PRIORITIES.join(', ')}`,
    )
  if (rest.onFailure !== undefined) readOnFailure(`task type ${name}: onFailure`, rest.onFailure)
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
 * The task types of a deployment, by name.
 *
 * @param catchAll the failure task of the types that name none
 * @throws TypeError when two types share a name, or when an `onFailure` names a type that is not registered or whose schema
 * rejects every failure or the given input
 */
export const registryOf = (types: readonly TaskType[], catchAll?: OnFailure): ReadonlyMap<string, TaskType> => {
  const registry = new Map<string, TaskType>()
  for (const type of types) {
    if (registry.has(type.name)) throw new TypeError(`two task types have the name ${type.name}; names must be unique`)
    registry.set(type.name, type)
  }
  if (catchAll !== undefined && !registry.has(partsOf(catchAll).type))
    throw new TypeError(`the catch-all onFailure names ${partsOf(catchAll).type}, which is not registered`)
  for (const { name, onFailure = catchAll } of types) {
    if (!onFailure) continue
    const { type, input } = partsOf(onFailure)
    const handler = registry.get(type)
    if (!handler) throw new TypeError(`task type ${name}: onFailure names ${type}, which is not registered`)
    const fault =
      input === undefined ? failureHandlerFault(name, handler) : failureInputFault(name, handler, input, '/input')?.message
    if (fault) throw new TypeError(`task type ${name}: onFailure: ${fault}`)
  }
  return registry
}
