import * as z from 'zod'
import { pointer, read } from '../../core/reading/read.ts'
import { isRefusal, type Refusal, refuse } from '../../core/refusal.ts'
import type { App } from '../../engine/app.ts'
import type { Needs } from '../../engine/needs.ts'
import { emptyQuery } from '../schemas/queries.ts'
import { type Caller, type Request, readBody } from './request.ts'

/** One call of an endpoint. `id` is the parameter of the path, or empty. */
export type Call = {
  readonly world: Needs<'api'>
  readonly app: App
  readonly caller: Caller
  readonly request: Request
  readonly id: string
}

/** The answer of an endpoint; `handle` turns it into an HTTP response. */
export type Answer = {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** One endpoint of the API: the schemas of its request and its answers, and its function. */
export type Endpoint = {
  readonly query: z.ZodObject
  readonly body?: z.ZodType
  /** Accepts an `Idempotency-Key`. */
  readonly keyed?: true
  /** The schema of the response body, by status. */
  readonly answers: Readonly<Record<number, z.ZodType | undefined>>
  readonly run: (call: Call) => Promise<Answer | Refusal>
}

type Definition<Query extends z.ZodObject, Body extends z.ZodType> = Omit<Endpoint, 'query' | 'body' | 'run'> & {
  readonly query?: Query
  readonly body?: Body
  /** `raw` is the JSON of the body before its schema has read it. */
  readonly run: (
    call: Call & { readonly query: z.output<Query>; readonly body: z.output<Body>; readonly raw: unknown },
  ) => Promise<Answer | Refusal>
}

/** Defines an endpoint. Its `run` gets the query and the body as its schemas have read them; a request that they refuse never reaches it. */
export const endpoint = <Query extends z.ZodObject = typeof emptyQuery, Body extends z.ZodType = z.ZodUndefined>(
  definition: Definition<Query, Body>,
): Endpoint => {
  const { run, query: querySchema = emptyQuery, body: bodySchema, ...rest } = definition
  return {
    ...rest,
    query: querySchema,
    ...(bodySchema ? { body: bodySchema } : {}),
    run: async (call) => {
      const query = readQuery(querySchema, call.request.query)
      if (isRefusal(query)) return query
      const text = bodySchema ? readBody(call.request) : { json: undefined }
      if (isRefusal(text)) return text
      const body = read<z.ZodType>(bodySchema ?? z.undefined(), text.json)
      if (isRefusal(body)) return body
      return run({ ...call, query: query.value as z.output<Query>, body: body.value as z.output<Body>, raw: text.json })
    },
  }
}

const readQuery = (schema: z.ZodObject, query: Request['query']): { readonly value: unknown } | Refusal => {
  const repeated = Object.entries(query).find(([, value]) => typeof value !== 'string')
  if (!repeated) return read(schema, query, '/query')
  const path = `/query${pointer([repeated[0]])}`
  return refuse('invalid', `${path}: given ${repeated[1].length} times; give it once`, { path })
}
