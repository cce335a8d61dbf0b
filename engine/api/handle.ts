import { show } from '../../core/reading/messages.ts'
import { isRefusal, refuse } from '../../core/refusal.ts'
import type { App } from '../app.ts'
import type { Needs } from '../needs.ts'
import { denied } from './access.ts'
import type { Caller, Request, Response } from './http.ts'
import type { Answer } from './operation.ts'
import { operations } from './operations.ts'
import { failure, PRIVATE, problem } from './problem.ts'
import { find } from './router.ts'

/**
 * Answers one request of the API. It never throws: a refusal becomes its problem, a fault of the outside a 503 that may
 * be tried again, a defect a 500, and both of these are logged.
 *
 * @example await handle(world, app, { tenant: 'acme', scopes: ['carillon/read'], by: 'user:alice' },
 *   { method: 'GET', path: '/v1/tasks', query: {}, headers: {} })
 */
export const handle = async (world: Needs<'api'>, app: App, caller: Caller, request: Request): Promise<Response> => {
  const response = await respond(world, app, caller, request).catch((thrown: unknown) => failure(world, thrown, request.path))
  if (request.method !== 'HEAD') return response
  const { body: _, ...head } = response
  return head
}

const respond = async (world: Needs<'api'>, app: App, caller: Caller, request: Request): Promise<Response> => {
  const { method, path } = request
  const found = find(method, path)
  if (found.found === 'nothing') {
    return problem(refuse('noRoute', `there is nothing at ${show(path)}; GET /v1/openapi.json says what there is`), path)
  }
  if (found.found === 'path') {
    const allow = found.allow.join(', ')
    if (method === 'OPTIONS') return { status: 204, headers: { allow, ...PRIVATE } }
    return problem(refuse('methodNotAllowed', `${show(method)} is not possible at this path; it takes ${allow}`), path, { allow })
  }
  const no = denied(caller, found.route.scope)
  if (no) return problem(no, path)
  const answer = await operations[found.route.operationId].run({ world, app, caller, request, id: found.id })
  return isRefusal(answer) ? problem(answer, path) : responseOf(answer)
}

const responseOf = ({ status, headers, body }: Answer): Response => ({
  status,
  headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...PRIVATE, ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})
