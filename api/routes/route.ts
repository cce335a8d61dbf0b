import type { Scope } from '../http/request.ts'

/** One route of the API. */
export type Route = {
  /** The name of the endpoint that answers the route, in `api/endpoints.ts` and in OpenAPI. */
  readonly operationId: string
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** A segment in braces is a parameter. */
  readonly path: string
  /** The least scope that the caller needs. */
  readonly scope: Scope
  /** One sentence in the imperative, for OpenAPI. */
  readonly summary: string
}
