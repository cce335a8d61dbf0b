// From where it lives: a bundler that meets `z.core.` as a value keeps the whole of zod, with 60 languages that nobody is answered in.
import { $ZodAsyncError } from 'zod/v4/core'
import type { TaskType } from '../../core/define.ts'
import { defined } from '../../core/defined.ts'
import { formatDuration } from '../../core/duration.ts'
import { failureHandlerFault } from '../../core/failure.ts'
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
import { type CreateTask, tooFar } from '../../core/task/command.ts'
import type { TaskPolicy } from '../../core/task/row.ts'
import { messageOf } from '../../core/thrown.ts'
import type { App } from '../app.ts'

/** What a request asks to be made: everything of the command but who, the input's place, and the key's digest. */
export type ResolvedRequest = Pick<
  CreateTask,
  'policy' | 'ready' | 'notBefore' | 'expiresAt' | 'tags' | 'onFailure' | 'environmentId'
>

/** Turns a request that has been read into what is to be made, or says why that cannot be. Paths are relative to the request. */
export const resolveRequest = (app: App, request: CreateTaskRequest, now: Instant): ResolvedRequest | Refusal => {
  const type = typeOf(app, request.type, '/type')
  if (isRefusal(type)) return type
  const policy = policyOf(app, type, request)
  if (isRefusal(policy)) return policy
  const onFailure = failurePolicy(app, type, request.onFailure)
  if (isRefusal(onFailure)) return onFailure
  const notBefore = Math.max(now, request.notBefore ?? now + (request.delay ?? request.debounce?.delay ?? 0))
  const expiresAfterMs = request.expiresAfter ?? type.expiresAfterMs
  if (notBefore - now > LIMITS.horizonMs) return tooFar(notBefore, now)
  const input = readInput(type, request.input)
  if (isRefusal(input)) return input
  const gate = ownGate(type, request.gate, input.value)
  if (isRefusal(gate)) return gate
  return {
    policy: { ...policy, ...gate },
    ready: request.ready ?? true,
    environmentId: app.environmentId,
    notBefore,
    ...(expiresAfterMs === undefined ? {} : { expiresAt: notBefore + expiresAfterMs }),
    ...defined({ tags: request.tags, onFailure }),
  }
}

/** A type's own choice and the catch-all were tried when they were registered. */
const failurePolicy = (app: App, failing: TaskType, asked: string | undefined): TaskPolicy | Refusal | undefined => {
  const name = asked ?? failing.onFailure ?? app.onFailure
  if (name === undefined) return undefined
  const type = typeOf(app, name, '/onFailure')
  if (isRefusal(type)) return type
  const misfit = asked === undefined ? undefined : failureHandlerFault(failing.name, type)
  return misfit ? refuse('invalid', `/onFailure: ${misfit}`, { path: '/onFailure' }) : policyOf(app, type)
}

/** The input is kept as it came: the executor reads it by the same schema, and what a schema makes of it need not be JSON. */
const readInput = (type: TaskType, input: unknown): { readonly value: unknown } | Refusal => {
  try {
    return read(type.input, input, '/input')
  } catch (error) {
    return refuse('invalid', `/input: ${unreadable(type.name, error)}`, { path: '/input' })
  }
}

/** A schema's own code may throw at values that its author did not think of: that is still the input's refusal. */
const unreadable = (type: string, error: unknown): string => {
  // It shows only with a value that gets as far as the asynchronous part, so it cannot be said when the type is defined.
  if (error instanceof $ZodAsyncError)
    return `no task of type ${type} can be made, because its schema reads asynchronously (an async refine or transform). Schemas must answer at once; let the type's run do what takes time`
  return `the schema of type ${type} cannot read it: ${messageOf(error)}`
}

/** The registered type of this name, or a refusal that lists the ones that may have been meant. */
export const typeOf = (app: App, name: string, path: string): TaskType | Refusal => {
  const type = app.types.get(name)
  if (type) return type
  return notRegistered('task type', name, [...app.types.keys()], path)
}

/** The lane of this name, or a refusal that lists the ones that may have been meant. */
export const laneOf = (app: App, name: string, path: string): Lane | Refusal =>
  (Object.hasOwn(app.lanes, name) ? app.lanes[name] : undefined) ?? notRegistered('lane', name, Object.keys(app.lanes), path)

/**
 * What a task of this type is made with: what was asked for, else the type's own, else the lane's. It is fixed on the row,
 * so that a later deployment does not change a promise. A refusal's path is `/lane` or `/timeout`.
 */
export const policyOf = (
  app: App,
  type: TaskType,
  asked: Partial<Pick<CreateTaskRequest, 'lane' | 'timeout' | 'retry' | 'priority'>> = {},
): TaskPolicy | Refusal => {
  const name = asked.lane ?? type.lane ?? DEFAULT_LANE
  const lane = laneOf(app, name, '/lane')
  if (isRefusal(lane)) return lane
  const most = lane.handlerTimeoutMs
  const timeoutMs = asked.timeout ?? type.timeoutMs ?? most
  if (timeoutMs > most) {
    const path = asked.timeout === undefined ? '/lane' : '/timeout'
    const why = `${formatDuration(timeoutMs)} is longer than lane ${name} allows; the timeout must be at most ${formatDuration(most)}`
    return refuse(
      'invalid',
      `${path}: ${why}${asked.timeout === undefined ? `, and that is the one of type ${type.name}` : ''}`,
      {
        path,
      },
    )
  }
  const priority = asked.priority ?? type.priority ?? 'normal'
  return {
    type: type.name,
    schema: type.version ?? 1,
    lane: name,
    timeoutMs,
    retry: asked.retry ?? type.retry ?? DEFAULT_RETRY,
    ...defined({ events: type.events }),
    ...(priority === 'normal' ? {} : { priority }),
  }
}

const notRegistered = (what: string, name: string, known: readonly string[], path: string): Refusal => {
  const guesses = suggest(name, known)
  const meant = guesses.length > 0 ? `did you mean ${guesses.join(' or ')}? ` : ''
  return refuse(
    'invalid',
    `${path}: there is no ${what} ${show(name)}; ${meant}There are ${known.slice(0, 40).join(', ') || 'none'}`,
    {
      path,
    },
  )
}

/**
 * The gate of a task that is to be made: the one that was asked for, else what its type makes of the input. A type's
 * function is somebody's code, which may throw or answer nonsense at an input that its author did not think of.
 */
export const ownGate = (type: TaskType, asked: GateSpec | undefined, input: unknown): { readonly gate?: GateSpec } | Refusal => {
  if (asked) return { gate: asked }
  if (!type.gate) return {}
  const said = answerOf(type, input)
  if (isRefusal(said)) return said
  if (said.gate === undefined) return {}
  const spec = read(gateField, said.gate)
  return isRefusal(spec) ? noGate(type, `answers what is no gate: ${spec.message}`) : { gate: spec.value }
}

const answerOf = (type: TaskType, input: unknown): { readonly gate: unknown } | Refusal => {
  try {
    return { gate: type.gate?.(input) }
  } catch (error) {
    return noGate(type, `throws: ${error instanceof Error ? error.message : String(error)}`)
  }
}

const noGate = (type: TaskType, why: string): Refusal =>
  refuse('invalid', `/input: the gate function of type ${type.name} ${why}`, { path: '/input' })
