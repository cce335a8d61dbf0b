// Imported from `zod/v4/core`, because with `z.core.` as a value a bundler keeps the whole of zod, including 60 unused languages.
import { $ZodAsyncError } from 'zod/v4/core'
import type { TaskType } from '../../core/define.ts'
import { defined } from '../../core/defined.ts'
import { formatDuration } from '../../core/duration.ts'
import { failureHandlerFault, failureInputFault, type OnFailure, partsOf } from '../../core/failure.ts'
import type { GateSpec } from '../../core/gate/requirements.ts'
import type { Instant } from '../../core/instant.ts'
import { DEFAULT_LANE, type Lane } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import { gateField } from '../../core/reading/gate.ts'
import { show } from '../../core/reading/messages.ts'
import { read } from '../../core/reading/read.ts'
import { suggest } from '../../core/reading/suggest.ts'
import type { CreateTaskRequest } from '../../core/reading/task-request.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { DEFAULT_RETRY } from '../../core/retry/policy.ts'
import type { Json } from '../../core/row/json.ts'
import { type CreateTask, refuseBeyondHorizon } from '../../core/task/command.ts'
import type { FailurePolicy, TaskPolicy } from '../../core/task/row.ts'
import { messageOf } from '../../core/thrown.ts'
import type { App } from '../app.ts'

/** The fields of the create command that follow from the request and its type: all but actor, inputs and digest. */
export type ResolvedRequest = Pick<
  CreateTask,
  'policy' | 'ready' | 'notBefore' | 'expiresAt' | 'tags' | 'onFailure' | 'environmentId'
> & {
  /** The given input of the failure task. */
  readonly failureInput?: Json
}

/** Resolves a parsed request with its type, lane and gate, or returns a refusal with a path relative to the request. */
export const resolveRequest = (app: App, request: CreateTaskRequest, now: Instant): ResolvedRequest | Refusal => {
  const type = typeOf(app, request.type, '/type')
  if (isRefusal(type)) return type
  const policy = policyOf(app, type, request)
  if (isRefusal(policy)) return policy
  const onFailure = failurePolicy(app, type, request.onFailure as OnFailure | undefined)
  if (isRefusal(onFailure)) return onFailure
  const notBefore = Math.max(now, request.notBefore ?? now + (request.delay ?? request.debounce?.delay ?? 0))
  const expiresAfterMs = request.expiresAfter ?? type.expiresAfterMs
  if (notBefore - now > LIMITS.horizonMs) return refuseBeyondHorizon(notBefore, now)
  const input = readInput(type, request.input)
  if (isRefusal(input)) return input
  const gate = resolveGate(type, request.gate, input.value)
  if (isRefusal(gate)) return gate
  return {
    policy: { ...policy, ...gate },
    ready: request.ready ?? true,
    environmentId: app.environmentId,
    notBefore,
    ...(expiresAfterMs === undefined ? {} : { expiresAt: notBefore + expiresAfterMs }),
    ...defined({ tags: request.tags, ...onFailure }),
  }
}

const failureFault = (failing: TaskType, type: TaskType, input: Json | undefined): Refusal | undefined => {
  if (input !== undefined) return failureInputFault(failing.name, type, input, '/onFailure/input')
  const fault = failureHandlerFault(failing.name, type)
  return fault === undefined ? undefined : refuse('invalid', `/onFailure: ${fault}`, { path: '/onFailure' })
}

/** Only a failure task of the request is checked here: those of a type and the catch-all were checked at registration. */
const failurePolicy = (
  app: App,
  failing: TaskType,
  requested: OnFailure | undefined,
): { readonly onFailure: FailurePolicy; readonly failureInput?: Json } | Refusal | undefined => {
  const onFailure = requested ?? failing.onFailure ?? app.onFailure
  if (onFailure === undefined) return undefined
  const { type: name, input } = partsOf(onFailure)
  const type = typeOf(app, name, typeof requested === 'object' ? '/onFailure/type' : '/onFailure')
  if (isRefusal(type)) return type
  const fault = requested === undefined ? undefined : failureFault(failing, type, input)
  if (fault) return fault
  const policy = policyOf(app, type)
  if (isRefusal(policy)) return policy
  if (input === undefined) return { onFailure: policy }
  return { onFailure: { ...policy, ...defined({ failureField: type.failureField }) }, failureInput: input }
}

/** Checks the input. The task stores the input unchanged: the executor parses it again, and the parsed value need not be JSON. */
const readInput = (type: TaskType, input: unknown): { readonly value: unknown } | Refusal => {
  try {
    return read(type.input, input, '/input')
  } catch (error) {
    return refuse('invalid', `/input: ${schemaFault(type.name, error)}`, { path: '/input' })
  }
}

/** Describes an error that the schema's own code has thrown. The input is refused, as for any other misfit. */
const schemaFault = (type: string, error: unknown): string => {
  // This cannot be checked when the type is defined: it shows only with a value that reaches the asynchronous part.
  if (error instanceof $ZodAsyncError)
    return `no task of type ${type} can be created, because its schema is asynchronous (an async refine or transform). A schema must be synchronous; do asynchronous work in the run function of the type`
  return `the schema of type ${type} cannot parse the input: ${messageOf(error)}`
}

/** The registered type of this name, or a refusal with suggestions. */
export const typeOf = (app: App, name: string, path: string): TaskType | Refusal => {
  const type = app.types.get(name)
  if (type) return type
  return notRegistered('task type', name, [...app.types.keys()], path)
}

/** The lane of this name, or a refusal with suggestions. */
export const laneOf = (app: App, name: string, path: string): Lane | Refusal =>
  (Object.hasOwn(app.lanes, name) ? app.lanes[name] : undefined) ?? notRegistered('lane', name, Object.keys(app.lanes), path)

/**
 * The policy of a new task: each field from the request, else from its type, else from the lane or the defaults. The row
 * stores the policy, so that a later deployment does not change existing tasks. A refusal's path is `/lane` or `/timeout`.
 */
export const policyOf = (
  app: App,
  type: TaskType,
  requested: Partial<Pick<CreateTaskRequest, 'lane' | 'timeout' | 'retry' | 'priority'>> = {},
): TaskPolicy | Refusal => {
  const name = requested.lane ?? type.lane ?? DEFAULT_LANE
  const lane = laneOf(app, name, '/lane')
  if (isRefusal(lane)) return lane
  const maxMs = lane.handlerTimeoutMs
  const timeoutMs = requested.timeout ?? type.timeoutMs ?? maxMs
  if (timeoutMs > maxMs) {
    const path = requested.timeout === undefined ? '/lane' : '/timeout'
    const owner = requested.timeout === undefined ? `the timeout of type ${type.name}` : 'the timeout'
    const why = `${formatDuration(timeoutMs)} is longer than lane ${name} allows; ${owner} must be at most ${formatDuration(maxMs)}`
    return refuse('invalid', `${path}: ${why}`, { path })
  }
  const priority = requested.priority ?? type.priority ?? 'normal'
  return {
    type: type.name,
    schema: type.version ?? 1,
    lane: name,
    timeoutMs,
    retry: requested.retry ?? type.retry ?? DEFAULT_RETRY,
    ...defined({ events: type.events }),
    ...(priority === 'normal' ? {} : { priority }),
  }
}

const notRegistered = (what: string, name: string, known: readonly string[], path: string): Refusal => {
  const guesses = suggest(name, known)
  const hint = guesses.length > 0 ? `did you mean ${guesses.join(' or ')}? ` : ''
  return refuse(
    'invalid',
    `${path}: there is no ${what} ${show(name)}; ${hint}There are ${known.slice(0, 40).join(', ') || 'none'}`,
    {
      path,
    },
  )
}

/**
 * The gate of a new task: that of the request, else the result of the type's gate function for this input. The function is
 * the user's code: it can throw, or return an invalid gate, for an unexpected input.
 */
export const resolveGate = (
  type: TaskType,
  requested: GateSpec | undefined,
  input: unknown,
): { readonly gate?: GateSpec } | Refusal => {
  if (requested) return { gate: requested }
  if (!type.gate) return {}
  const answer = callGateFunction(type, input)
  if (isRefusal(answer)) return answer
  if (answer.gate === undefined) return {}
  const spec = read(gateField, answer.gate)
  return isRefusal(spec) ? gateFunctionRefusal(type, `returned an invalid gate: ${spec.message}`) : { gate: spec.value }
}

const callGateFunction = (type: TaskType, input: unknown): { readonly gate: unknown } | Refusal => {
  try {
    return { gate: type.gate?.(input) }
  } catch (error) {
    return gateFunctionRefusal(type, `threw an error: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const gateFunctionRefusal = (type: TaskType, why: string): Refusal =>
  refuse('invalid', `/input: the gate function of type ${type.name} ${why}`, { path: '/input' })
