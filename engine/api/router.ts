import { type OperationId, type Route, routes } from './routes.ts'

type Known = (typeof routes)[number]

/** What a path and a method lead to. `allow` is every method that the path takes, for `Allow`. */
export type Found =
  | { readonly found: 'route'; readonly route: Route & { readonly operationId: OperationId }; readonly id: string }
  | { readonly found: 'path'; readonly allow: readonly string[] }
  | { readonly found: 'nothing' }

/**
 * Finds the route of a request. Paths are compared as they are: ids need no escaping, so an escaped one is another path.
 * HEAD falls back on GET. A literal segment outranks a parameter, so `/v1/tasks/batch` is never the task called batch.
 */
export const find = (method: string, path: string): Found => {
  const asked = path.split('/')
  const best = shapes.find(({ segments }) => fits(segments, asked))
  if (!best) return { found: 'nothing' }
  const route = best.methods[method] ?? (method === 'HEAD' ? best.methods.GET : undefined)
  if (route) return { found: 'route', route, id: asked[best.segments.findIndex(isParameter)] ?? '' }
  const taken = Object.keys(best.methods)
  const heads = taken.includes('GET') && !taken.includes('HEAD') ? ['HEAD'] : []
  return { found: 'path', allow: [...taken, ...heads, 'OPTIONS'].sort() }
}

type Shape = { readonly segments: readonly string[]; readonly methods: Readonly<Record<string, Known>> }

/** A path has at most one, whatever it is called. */
const isParameter = (segment: string): boolean => segment.startsWith('{')

const parameters = (path: string): number => path.split('{').length - 1

/** Paths with fewer parameters first: the first that fits is the most literal one. */
const shapes: readonly Shape[] = [...Map.groupBy<string, Known>(routes, ({ path }) => path)]
  .toSorted(([a], [b]) => parameters(a) - parameters(b))
  .map(([path, known]) => ({
    segments: path.split('/'),
    methods: Object.assign(Object.create(null), Object.fromEntries(known.map((route) => [route.method, route]))),
  }))

const fits = (segments: readonly string[], asked: readonly string[]): boolean =>
  segments.length === asked.length &&
  segments.every((segment, index) => (isParameter(segment) ? asked[index] !== '' : segment === asked[index]))
