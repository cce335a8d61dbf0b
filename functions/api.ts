import type { APIGatewayProxyEventV2 } from 'aws-lambda'
import { handle } from '../api/http/handle.ts'
import { problem } from '../api/http/problem.ts'
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
export const handler = observed(async (event: Event) => {
  const request = requestOf(event)
  const caller = callerOf(event.requestContext.authorizer, principals)
  return resultOf(isRefusal(caller) ? problem(caller, request.path) : await handle(world, app, caller, request))
})
