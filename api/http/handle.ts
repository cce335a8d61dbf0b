import { show } from '../../core/reading/messages.ts'
import { TENANT } from '../../core/reading/names.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import { SYSTEM_TENANT } from '../../core/row/key.ts'
import type { App } from '../../engine/app.ts'
import type { Needs } from '../../engine/needs.ts'
import { endpoints } from '../endpoints.ts'
import { type OperationId, routes } from '../routes/index.ts'
import type { Route } from '../routes/route.ts'
import type { Answer } from './endpoint.ts'
import { failure, PRIVATE, problem } from './problem.ts'
import type { Caller, Request, Response, Scope } from './request.ts'

/**
 * Answers one request of the API. It never throws. A refusal becomes a problem document. A fault of another service becomes
 * a 503, which the caller can retry, and a defect becomes a 500; both are logged.
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
  const found = findRoute(method, path)
  if (found.found === 'nothing') {
    return problem(refuse('noRoute', `there is no route for ${show(path)}; GET /v1/openapi.json lists the routes`), path)
  }
  if (found.found === 'path') {
    const allow = found.allow.join(', ')
    if (method === 'OPTIONS') return { status: 204, headers: { allow, ...PRIVATE } }
    return problem(refuse('methodNotAllowed', `the method is ${show(method)}; this path takes ${allow}`), path, { allow })
  }
  const denial = denied(caller, found.route.scope)
  if (denial) return problem(denial, path)
  const answer = await endpoints[found.route.operationId].run({ world, app, caller, request, id: found.id })
  return isRefusal(answer) ? problem(answer, path) : responseOf(answer)
}

const responseOf = ({ status, headers, body }: Answer): Response => ({
  status,
  headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...PRIVATE, ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})

type KnownRoute = (typeof routes)[number]

/** The route of a request; `path` if only the method is wrong. `allow` lists the methods of the path, for the header `Allow`. */
export type Found =
  | { readonly found: 'route'; readonly route: Route & { readonly operationId: OperationId }; readonly id: string }
  | { readonly found: 'path'; readonly allow: readonly string[] }
  | { readonly found: 'nothing' }

/**
 * Finds the route of a request. A path is separated first and unescaped then (RFC 3986, section 2.4): clients may escape any
 * character, and an escaped slash belongs to an id. HEAD falls back on GET. A literal segment precedes a parameter, so
 * `/v1/tasks/batch` is never the task `batch`.
 */
export const findRoute = (method: string, path: string): Found => {
  const given = path.split('/').map(unescaped)
  const best = shapes.find(({ segments }) => matches(segments, given))
  if (!best) return { found: 'nothing' }
  const route = best.methods[method] ?? (method === 'HEAD' ? best.methods.GET : undefined)
  if (route) return { found: 'route', route, id: given[best.segments.findIndex(isParameter)] ?? '' }
  const methods = Object.keys(best.methods)
  const head = methods.includes('GET') && !methods.includes('HEAD') ? ['HEAD'] : []
  return { found: 'path', allow: [...methods, ...head, 'OPTIONS'].sort() }
}

/** A segment that no client should send, such as `%zz`, is taken as it is: no id contains a percent sign. */
const unescaped = (segment: string): string => {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

type Shape = { readonly segments: readonly string[]; readonly methods: Readonly<Record<string, KnownRoute>> }

/** A path has at most one parameter. */
const isParameter = (segment: string): boolean => segment.startsWith('{')

const parameters = (path: string): number => path.split('{').length - 1

/** Paths with fewer parameters come first, so that the first match is the most literal one. */
const shapes: readonly Shape[] = [...Map.groupBy<string, KnownRoute>(routes, ({ path }) => path)]
  .toSorted(([a], [b]) => parameters(a) - parameters(b))
  .map(([path, routesOfPath]) => ({
    segments: path.split('/'),
    methods: Object.assign(Object.create(null), Object.fromEntries(routesOfPath.map((route) => [route.method, route]))),
  }))

const matches = (segments: readonly string[], given: readonly string[]): boolean =>
  segments.length === given.length &&
  segments.every((segment, index) => (isParameter(segment) ? given[index] !== '' : segment === given[index]))

/** Scopes from the narrowest to the widest; each includes the ones before it. */
const RANK: Readonly<Record<Scope, number>> = { 'carillon/read': 0, 'carillon/write': 1, 'carillon/admin': 2 }

/** The refusal of a caller without the needed scope; undefined for an authorized caller. */
export const denied = (caller: Caller, needed: Scope): Refusal | undefined => {
  if (!TENANT.test(caller.tenant)) {
    const form = '1 to 64 characters of A-Z, a-z, 0-9, dot, dash and underscore, and starts with a letter or digit'
    return refuse('forbidden', `the caller's tenant is ${show(caller.tenant)}; a tenant name is ${form}`)
  }
  // The tenant `carillon` holds the quarantined messages of all tenants, so only administrators may see them.
  const least = caller.tenant === SYSTEM_TENANT ? 'carillon/admin' : needed
  if (caller.scopes.some((scope) => RANK[scope] >= RANK[least])) return undefined
  const has = caller.scopes.length > 0 ? caller.scopes.join(' ') : 'no scope'
  return refuse('forbidden', `the scope ${least} or a wider one is required; the caller has ${has}`)
}
