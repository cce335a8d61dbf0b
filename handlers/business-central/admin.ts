import * as z from 'zod'
import { type Context, type Json, LIMITS, nonRetriable } from '../../core/define.ts'
import { call } from '../http/call.ts'
import { describeRequest, type Incoming, type Outgoing, readBody } from '../http/message.ts'
import { type Reach, readTarget } from '../http/target.ts'

/** How to reach the admin center API. Both are the deployment's to say: a task that could choose the URL could have the token sent there. */
export type BusinessCentral = {
  /** Up to and including the version, such as `https://api.businesscentral.dynamics.com/admin/v2.28`. */
  readonly baseUrl: string
  /** The bearer token for a Carillon tenant; it decides whose environments are acted upon. */
  readonly token: (tenant: string) => string | undefined | Promise<string | undefined>
  readonly reach: Reach
}

/** An environment's name. Source: the admin center API's error `environmentNameNotValid`. */
export const environmentName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_-]{0,28}$/, 'must start with a letter and be up to 29 letters, digits, dashes and underscores')

/** The family of applications that an environment belongs to. */
export const applicationFamily = z
  .string()
  .regex(/^[A-Za-z0-9_-]{1,64}$/, 'must be a family such as "BusinessCentral"')
  .default('BusinessCentral')
  .describe('Family of the application; `BusinessCentral` unless the solution is an embed app.')

/** A request to the admin center API and what it answered. */
export type AdminResponse = { readonly request: Outgoing; readonly response: Incoming }

/** Asks the admin center API in the name of a task. The body is sent as JSON. */
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

/** Did it succeed? */
export const isOk = ({ response }: AdminResponse): boolean => response.status >= 200 && response.status < 300

/** Reads an answer by a schema. @throws HandlerError `UnreadableAnswer` when it is not what the API's documentation promises */
export const readResponse = <Schema extends z.ZodType>(
  { request, response }: AdminResponse,
  schema: Schema,
): z.output<Schema> => {
  const { data, error } = schema.safeParse(readBody(response))
  if (error)
    throw nonRetriable('UnreadableAnswer', `${describeRequest(request)} answered something unexpected: ${z.prettifyError(error)}`)
  return data
}
