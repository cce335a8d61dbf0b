import * as z from 'zod'
import { LIMITS } from '../../core/limits.ts'
import { CALENDAR_NAME, GATE_ID, SCOPE, SERIES_ID, TASK_ID } from '../../core/reading/names.ts'
import { exclusionField } from '../../core/recurrence/exclusion.ts'
import { recurrenceField } from '../../core/recurrence/recurrence.ts'
import { VERSION } from '../../core/version.ts'
import { type OperationId, routes } from '../routes/index.ts'
import type { Route } from '../routes/route.ts'
import { problemView } from '../schemas/problem.ts'
import { createdTask } from '../schemas/task-commands.ts'
import type { Endpoint } from './endpoint.ts'

type Doc = Readonly<Record<string, unknown>>

type Endpoints = Readonly<Record<OperationId, Endpoint>>

const refTo = (name: string): string => `#/components/schemas/${name}`

/** The `id` of a schema is the name of its component; a schema without one is written inline. */
const nameOf = (schema: z.ZodType): string | undefined => z.globalRegistry.get(schema)?.id

/** Builds the OpenAPI 3.1 document from the routes and from the schemas that read the requests. */
export const openApiOf = (endpoints: Endpoints): Doc => ({
  openapi: '3.1.1',
  info: {
    title: 'Carillon',
    version: VERSION,
    description: 'A task scheduler: runs each task of each tenant once, at its time, with retries.',
    license: { name: 'MIT', identifier: 'MIT' },
  },
  servers: [{ url: '/' }],
  paths: pathsOf(endpoints),
  components: {
    schemas: componentsOf(endpoints),
    responses: {
      Problem: {
        description: 'A problem document (RFC 9457); see its code.',
        content: contentOf(problemView, 'application/problem+json'),
      },
    },
    securitySchemes: {
      jwt: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' },
      sigv4: {
        type: 'apiKey',
        name: 'Authorization',
        in: 'header',
        description: 'AWS Signature Version 4, service execute-api.',
      },
    },
  },
})

/** Schemas with an `id` that only occur within others. */
const NESTED = [recurrenceField, exclusionField]

/** The schemas with an `id` among the bodies and answers of all endpoints. */
const componentsOf = (endpoints: Endpoints): Doc => {
  const registry = z.registry<{ id: string }>()
  const schemas = Object.values(endpoints).flatMap(({ body, answers }) => [body, ...Object.values(answers)])
  for (const schema of [...schemas, problemView, ...NESTED]) {
    const id = schema && nameOf(schema)
    if (id) registry.add(schema, { id })
  }
  const { schemas: converted } = z.toJSONSchema(registry, { io: 'input', unrepresentable: 'any', uri: refTo })
  return Object.fromEntries(Object.entries(converted).map(([name, schema]) => [name, bare(schema)]))
}

/** Removes the address and the dialect of a schema, which in OpenAPI are those of the document. */
const bare = ({ $schema: _, $id: __, ...schema }: Doc): Doc => schema

const pathsOf = (endpoints: Endpoints): Doc =>
  Object.fromEntries(
    [...Map.groupBy(routes, ({ path }) => path)].map(([path, routesOfPath]) => [
      path,
      Object.fromEntries(
        routesOfPath.map((route) => [route.method.toLowerCase(), describe(route, endpoints[route.operationId])]),
      ),
    ]),
  )

const describe = ({ operationId, method, path, scope, summary }: Route, endpoint: Endpoint): Doc => ({
  operationId,
  summary,
  security: [{ jwt: [scope] }, { sigv4: [] }],
  parameters: [...pathParameters(path), ...queryParameters(endpoint.query), ...(endpoint.keyed ? [IDEMPOTENCY_KEY] : [])],
  ...(endpoint.body
    ? { requestBody: { required: !endpoint.body.safeParse(undefined).success, content: contentOf(endpoint.body) } }
    : {}),
  responses: {
    ...Object.fromEntries(
      Object.entries(endpoint.answers).map(([status, schema]) => [status, answerOf(Number(status), schema, endpoint)]),
    ),
    ...Object.fromEntries(
      refusedStatuses(method, path, endpoint).map((status) => [
        status,
        method === 'HEAD' ? { description: 'Without a body.' } : { $ref: '#/components/responses/Problem' },
      ]),
    ),
    429: { description: method === 'POST' ? `${TOO_FAST} ${TOO_MANY}` : TOO_FAST },
  },
})

const TOO_FAST = 'API Gateway has refused the request, because it exceeds the request rate of the API.'
const TOO_MANY = 'Or a problem document with the code `tooManyFarTasks`: the tenant has too many open tasks that are far ahead.'

/** Can a path of this route be that of another one? `/v1/tasks/batch` is no task, and takes POST only. */
const hasLiteralSibling = (path: string): boolean =>
  path.endsWith('}') &&
  routes.some((other) => !other.path.includes('{') && new RegExp(`^${path.replace(/\{\w+\}$/, '[^/]+')}$`).test(other.path))

/**
 * The statuses of the problem documents of a route. Each request can be invalid, unauthenticated or forbidden, and each can meet a
 * fault or a defect.
 */
const refusedStatuses = (method: Route['method'], path: string, { body }: Endpoint): readonly number[] => [
  ...[400, 401, 403],
  ...(path.includes('{') ? [404] : []),
  ...(hasLiteralSibling(path) ? [405] : []),
  ...(method === 'POST' || (body && path.includes('{')) ? [409] : []),
  ...(body ? [413, 415] : []),
  ...[500, 503],
]

const contentOf = (schema: z.ZodType, type = 'application/json'): Doc => {
  const name = nameOf(schema)
  return {
    [type]: { schema: name ? { $ref: refTo(name) } : bare(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })) },
  }
}

const answerOf = (status: number, schema: z.ZodType | undefined, { keyed }: Endpoint): Doc => ({
  description:
    status === 201 ? 'Created' : status === 202 ? 'Accepted' : schema === createdTask ? 'The task existed already' : 'OK',
  ...(keyed && schema === createdTask
    ? { headers: status === 201 ? { Location: TEXT } : { Location: TEXT, 'Idempotent-Replayed': TEXT } }
    : {}),
  ...(schema ? { content: contentOf(schema) } : {}),
  ...(schema === createdTask ? { links: linksTo('/v1/tasks/') } : {}),
  ...(status === 202 ? { links: linksTo('/v1/operations/') } : {}),
})

/** Links to the routes of the created thing, whose id is in the response. */
const linksTo = (start: string): Doc =>
  Object.fromEntries(
    routes
      .filter(({ path }) => path.startsWith(`${start}{id}`))
      .map(({ operationId }) => [operationId, { operationId, parameters: { id: '$response.body#/id' } }]),
  )

const TEXT = { schema: { type: 'string' } } as const

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  description:
    'Requests with the same key and body create one task, or start one operation. The same key with another body is refused.',
  schema: { type: 'string', minLength: 1, maxLength: LIMITS.idempotencyKeyCount },
} as const

/** The pattern of each path parameter. */
const parametersOf = (path: string): Readonly<Record<string, RegExp>> => ({
  id: path.startsWith('/v1/series/') ? SERIES_ID : TASK_ID,
  scope: SCOPE,
  gate: GATE_ID,
  name: CALENDAR_NAME,
})

const pathParameters = (path: string): readonly Doc[] =>
  Object.entries(parametersOf(path))
    .filter(([name]) => path.includes(`{${name}}`))
    .map(([name, { source: pattern }]) => ({ name, in: 'path', required: true, schema: { type: 'string', pattern } }))

const queryParameters = (query: z.ZodObject): readonly Doc[] => {
  const { properties = {} } = z.toJSONSchema(query, { io: 'input' })
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', schema }))
}
