import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { handle } from '../api/http/handle.ts'
import { failure, problem } from '../api/http/problem.ts'
import type { Response } from '../api/http/request.ts'
import { LIMITS } from '../core/limits.ts'
import { isRefusal } from '../core/refusal.ts'
import { appOf } from './app.ts'
import { type Authorizer, callerOf, requestOf, resultOf } from './http-event.ts'
import { principalsOf } from './principals.ts'
import { observed } from './telemetry.ts'
import { env, world } from './world.ts'

const app = appOf(env)
const principals = env.principals && principalsOf(env.principals)

type Event = APIGatewayProxyEventV2 & { readonly requestContext: { readonly authorizer?: Authorizer } }

/** Lambda handler of the HTTP API. */
export const handler = observed(async (event: Event, { getRemainingTimeInMillis }) => {
  const request = requestOf(event)
  const caller = callerOf(event.requestContext.authorizer, principals)
  if (isRefusal(caller)) return resultOf(problem(caller, request.path))
  return resultOf(await inTime(handle(world, app, caller, request), getRemainingTimeInMillis(), request.path))
})

/**
 * The response, or a fault shortly before Lambda would end the function and API Gateway would answer without a reason. The calls
 * that have not answered continue when Lambda runs the process again. They are conditional writes, and the caller's retry has the
 * same `Idempotency-Key`, so both are harmless.
 */
const inTime = async (response: Promise<Response>, remainingMs: number, path: string): Promise<Response> => {
  const withinMs = Math.max(0, remainingMs - LIMITS.apiMarginMs)
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Response>((resolve) => {
    timer = setTimeout(() => resolve(failure(world, new Error(`no answer within ${withinMs} ms`), path)), withinMs)
  })
  try {
    return await Promise.race([response, late])
  } finally {
    clearTimeout(timer)
  }
}
