import * as z from 'zod'
import { type Context, type Json, LIMITS, nonRetriable } from '../../core/define.ts'
import { call } from '../http/call.ts'
import { describeRequest, type Incoming, type Outgoing, readBody } from '../http/input.ts'
import { type Reach, readTarget } from '../http/target.ts'

/** The access to the admin center API. Only the deployment sets it: a task that could choose the URL could redirect the token. */
export type BusinessCentral = {
  /** Up to and including the version, such as `https://api.businesscentral.dynamics.com/admin/v2.28`. */
  readonly baseUrl: string
  /** The bearer token for a Carillon tenant; it selects the Business Central tenant. */
  readonly token: (tenant: string) => string | undefined | Promise<string | undefined>
  readonly reach: Reach
}

/** The name of an environment. Source: the admin center API's error `environmentNameNotValid`. */
export const environmentName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,28}$/, 'must start with a letter and be up to 29 letters, digits, dashes and underscores')

/** The application family of an environment. */
export const applicationFamily = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be a family such as "BusinessCentral"')
  .default('BusinessCentral')
  .describe('Application family; `BusinessCentral` unless the solution is an embed app.')

/** A request to the admin center API and its response. */
export type AdminResponse = { readonly request: Outgoing; readonly response: Incoming }

/** Calls the admin center API for a task. The body is sent as JSON. */
export const callAdmin = async (
  { baseUrl, token, reach }: BusinessCentral,
  { task, signal, idempotencyKey }: Context<unknown>,
  method: string,
  path: readonly string[],
  body?: Json,
): Promise<AdminResponse> => {
  const bearer = await token(task.tenant)
  const request: Outgoing = {
    method,
    url: readTarget(`${baseUrl.replace(/\/$/, '')}/applications/${path.map(encodeURIComponent).join('/')}`),
    headers: {
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'carillon',
      ...(bearer ? { authorization: `Bearer ${bearer}` } : {}),
      ...(body === undefined ? {} : { 'content-type': 'application/json', 'idempotency-key': idempotencyKey }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    keepBytes: LIMITS.adminAnswerBytes,
  }
  return { request, response: await call(request, reach, signal) }
}

/** Is the status 2xx? */
export const isOk = ({ response }: AdminResponse): boolean => response.status >= 200 && response.status < 300

/** Reads a response by a schema. @throws HandlerError `UnreadableAnswer` if the response does not match the documentation of the API */
export const readResponse = <Schema extends z.ZodType>(
  { request, response }: AdminResponse,
  schema: Schema,
): z.output<Schema> => {
  const { data, error } = schema.safeParse(readBody(response))
  if (error)
    throw nonRetriable('UnreadableAnswer', `${describeRequest(request)} answered an unexpected body: ${z.prettifyError(error)}`)
  return data
}
