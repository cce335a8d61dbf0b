// From where it lives: a bundler that meets `z.core.` as a value keeps the whole of zod, with 60 languages that nobody is answered in.
import { $ZodAsyncError } from 'zod/v4/core'
import type { TaskType } from '../../core/define.ts'
import { failureMisfit } from '../../core/failure.ts'
import type { Instant } from '../../core/instant.ts'
import { LIMITS } from '../../core/limits.ts'
import { read } from '../../core/reading/read.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { CreateTask } from '../../core/task/command.ts'
import { tooFar } from '../../core/task/objection.ts'
import type { TaskPolicy } from '../../core/task/row.ts'
import { messageOf } from '../../core/thrown.ts'
import type { CreateTaskRequest } from '../../core/wire/requests.ts'
import type { App } from '../app.ts'
import { ownGate } from './own-gate.ts'
import { policyOf, typeOf } from './policy.ts'

/** What a request asks to be made: everything of the command but who, the input's place, and the key's digest. */
export type Plan = Pick<CreateTask, 'policy' | 'ready' | 'notBefore' | 'expiresAt' | 'tags' | 'onFailure' | 'environmentId'>

/** Turns a request that has been read into what is to be made, or says why that cannot be. Paths are relative to the request. */
export const planOf = (app: App, request: CreateTaskRequest, now: Instant): Plan | Refusal => {
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
    ...(request.tags ? { tags: request.tags } : {}),
    ...(onFailure ? { onFailure } : {}),
  }
}

/** A type's own choice and the catch-all were tried when they were registered. */
const failurePolicy = (app: App, failing: TaskType, asked: string | undefined): TaskPolicy | Refusal | undefined => {
  const name = asked ?? failing.onFailure ?? app.onFailure
  if (name === undefined) return undefined
  const type = typeOf(app, name, '/onFailure')
  if (isRefusal(type)) return type
  const misfit = asked === undefined ? undefined : failureMisfit(failing.name, type)
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
