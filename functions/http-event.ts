import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { bodyIn, type Caller, queryOf, type Request, type Response, type Scope } from '../api/http/request.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import { type Principals, principalName } from './principals.ts'

/** The request in an event of an HTTP API (payload format 2.0). */
export const requestOf = (event: APIGatewayProxyEventV2): Request => ({
  method: event.requestContext.http.method,
  path: pathOf(event),
  query: queryOf(event.rawQueryString),
  headers: headersOf(event),
  ...(event.body === undefined ? {} : { body: bodyOf(event.body, event.isBase64Encoded) }),
})

/**
 * The path with its escapes. An HTTP API unescapes `rawPath`, after which an escaped slash in an id separates segments. So the path
 * is the one of the route that API Gateway chose, with the parameters that it found. `$default` has neither: such a request has a
 * wrong path or method, or it is a HEAD. Source: captures of live APIs in github.com/hotsock/voker, pull request 8.
 */
const pathOf = ({ routeKey, rawPath, pathParameters }: APIGatewayProxyEventV2): string => {
  const [, route] = routeKey.split(' ')
  return route?.replaceAll(/\{(\w+)\}/g, (_, name: string) => pathParameters?.[name]?.replaceAll('/', '%2F') ?? '') ?? rawPath
}

/** The result that API Gateway expects for a response. */
export const resultOf = ({ status, headers, body }: Response): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { ...headers },
  ...(body === undefined ? {} : { body }),
})

const headersOf = ({ headers }: APIGatewayProxyEventV2): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value ?? '']))

/** API Gateway encodes a body as base64 when its content type is not text, or when it has no content type. */
const bodyOf = (body: string, isBase64Encoded: boolean): NonNullable<Request['body']> =>
  isBase64Encoded ? bodyIn(Buffer.from(body, 'base64')) : body

/** The output of API Gateway's JWT or IAM authorizer. */
export type Authorizer = {
  readonly jwt?: { readonly claims: Readonly<Record<string, unknown>> }
  readonly iam?: { readonly userArn: string }
}

const SCOPES: readonly Scope[] = ['carillon/read', 'carillon/write', 'carillon/admin']

/**
 * The caller of a request, from the claims of a token or from the AWS principal that signed the request. The request is
 * refused when neither is present or when the caller has no tenant.
 *
 * @param principals the tenant and scopes of each AWS principal; undefined when policies on `execute-api:Invoke` alone decide
 */
export const callerOf = (authorizer: Authorizer | undefined, principals: Principals | undefined): Caller | Refusal => {
  if (authorizer?.jwt) return fromClaims(authorizer.jwt.claims)
  if (authorizer?.iam) return fromPrincipal(authorizer.iam.userArn, principals)
  return refuse('unauthenticated', 'the request must have a token or an AWS signature that API Gateway verified, got neither')
}

const fromClaims = (claims: Readonly<Record<string, unknown>>): Caller | Refusal => {
  const tenant = text(claims['carillon:tenant']) ?? text(claims.tenant)
  const subject = text(claims.sub) ?? text(claims.client_id)
  if (!tenant) return refuse('forbidden', 'the token must have a claim "carillon:tenant" or "tenant", got neither')
  return { tenant, scopes: scopesIn(claims.scope ?? claims.scp), by: `user:${subject ?? 'unknown'}` }
}

const fromPrincipal = (arn: string, principals: Principals | undefined): Caller | Refusal => {
  const name = principalName(arn)
  if (!name) return refuse('forbidden', `the caller must be an IAM role or an IAM user, got ${arn}`)
  // With the session's name, because it often identifies a person in the audit.
  const by = `user:${arn.split(':').at(-1)}`
  // Without a map, the IAM policy that allows invoking the API is the only check.
  if (!principals) return { tenant: 'default', scopes: SCOPES, by }
  const known = principals.get(name)
  return known ? { ...known, by } : refuse('forbidden', `the principal must be in auth.iamPrincipals, got ${arn}; add it there`)
}

const text = (claim: unknown): string | undefined => (typeof claim === 'string' && claim !== '' ? claim : undefined)

/** Carillon's scopes in a claim: a string with spaces, or a list, which API Gateway writes as `[a b]`. Other scopes are ignored. */
const scopesIn = (claim: unknown): readonly Scope[] => {
  const named = Array.isArray(claim) ? claim : typeof claim === 'string' ? claim.replace(/^\[|\]$/g, '').split(/[\s,]+/) : []
  return SCOPES.filter((scope) => named.includes(scope))
}
