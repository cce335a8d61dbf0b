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
  const found = findRoute(method, path)
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
  const answer = await endpoints[found.route.operationId].run({ world, app, caller, request, id: found.id })
  return isRefusal(answer) ? problem(answer, path) : responseOf(answer)
}

const responseOf = ({ status, headers, body }: Answer): Response => ({
  status,
  headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...PRIVATE, ...headers },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
})

type KnownRoute = (typeof routes)[number]

/** What a path and a method lead to. `allow` is every method that the path takes, for `Allow`. */
export type Found =
  | { readonly found: 'route'; readonly route: Route & { readonly operationId: OperationId }; readonly id: string }
  | { readonly found: 'path'; readonly allow: readonly string[] }
  | { readonly found: 'nothing' }

/**
 * Finds the route of a request. Paths are compared as they are: ids need no escaping, so an escaped one is another path.
 * HEAD falls back on GET. A literal segment outranks a parameter, so `/v1/tasks/batch` is never the task called batch.
 */
export const findRoute = (method: string, path: string): Found => {
  const asked = path.split('/')
  const best = shapes.find(({ segments }) => fits(segments, asked))
  if (!best) return { found: 'nothing' }
  const route = best.methods[method] ?? (method === 'HEAD' ? best.methods.GET : undefined)
  if (route) return { found: 'route', route, id: asked[best.segments.findIndex(isParameter)] ?? '' }
  const taken = Object.keys(best.methods)
  const heads = taken.includes('GET') && !taken.includes('HEAD') ? ['HEAD'] : []
  return { found: 'path', allow: [...taken, ...heads, 'OPTIONS'].sort() }
}

type Shape = { readonly segments: readonly string[]; readonly methods: Readonly<Record<string, KnownRoute>> }

/** A path has at most one, whatever it is called. */
const isParameter = (segment: string): boolean => segment.startsWith('{')

const parameters = (path: string): number => path.split('{').length - 1

/** Paths with fewer parameters first: the first that fits is the most literal one. */
const shapes: readonly Shape[] = [...Map.groupBy<string, KnownRoute>(routes, ({ path }) => path)]
  .toSorted(([a], [b]) => parameters(a) - parameters(b))
  .map(([path, known]) => ({
    segments: path.split('/'),
    methods: Object.assign(Object.create(null), Object.fromEntries(known.map((route) => [route.method, route]))),
  }))

const fits = (segments: readonly string[], asked: readonly string[]): boolean =>
  segments.length === asked.length &&
  segments.every((segment, index) => (isParameter(segment) ? asked[index] !== '' : segment === asked[index]))

/** Scopes from the narrowest to the widest: each implies those before it. */
const RANK: Readonly<Record<Scope, number>> = { 'carillon/read': 0, 'carillon/write': 1, 'carillon/admin': 2 }

/** Why this caller may not do what needs this scope; undefined when it may. */
export const denied = (caller: Caller, needed: Scope): Refusal | undefined => {
  if (!TENANT.test(caller.tenant)) {
    const form = '1 to 64 of A-Z, a-z, 0-9, dot, dash and underscore, and starts with a letter or digit'
    return refuse('forbidden', `the caller's tenant is ${show(caller.tenant)}; a tenant is called with ${form}`)
  }
  // Quarantined messages of everybody are kept there, so a tenant that happens to be called so must not see them.
  const least = caller.tenant === SYSTEM_TENANT ? 'carillon/admin' : needed
  if (caller.scopes.some((scope) => RANK[scope] >= RANK[least])) return undefined
  const has = caller.scopes.length > 0 ? caller.scopes.join(' ') : 'no scope'
  return refuse('forbidden', `this needs the scope ${least} or a wider one; the caller has ${has}`)
}
