import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda'
import { type Caller, queryOf, type Request, type Response, type Scope } from '../api/http/request.ts'
import { type Refusal, refuse } from '../core/refusal.ts'
import { type Principals, principalName } from './principals.ts'

/** A request of an HTTP API (payload format 2.0) as the engine sees it. */
export const requestOf = (event: APIGatewayProxyEventV2): Request => ({
  method: event.requestContext.http.method,
  path: event.rawPath,
  query: queryOf(event.rawQueryString),
  headers: headersOf(event),
  ...(event.body === undefined ? {} : { body: bodyOf(event.body, event.isBase64Encoded) }),
})

/** An answer as API Gateway gives it out. */
export const resultOf = ({ status, headers, body }: Response): APIGatewayProxyStructuredResultV2 => ({
  statusCode: status,
  headers: { ...headers },
  ...(body === undefined ? {} : { body }),
})

const headersOf = ({ headers }: APIGatewayProxyEventV2): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value ?? '']))

/** API Gateway encodes what it does not take for text, such as a body without a content type. */
const bodyOf = (body: string, isBase64Encoded: boolean): string =>
  isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body

/** What API Gateway's authorizers say of who is asking. */
export type Authorizer = {
  readonly jwt?: { readonly claims: Readonly<Record<string, unknown>> }
  readonly iam?: { readonly userArn: string }
}

const SCOPES: readonly Scope[] = ['carillon/read', 'carillon/write', 'carillon/admin']

/**
 * Who is asking, as API Gateway's authorizer found out: from the claims of a token, or from the signature of an AWS
 * principal. Refused when neither says which tenant it is.
 *
 * @param principals which AWS principals may ask and for whom; absent when the policies on `execute-api:Invoke` alone decide
 */
export const callerOf = (authorizer: Authorizer | undefined, principals: Principals | undefined): Caller | Refusal => {
  if (authorizer?.jwt) return fromClaims(authorizer.jwt.claims)
  if (authorizer?.iam) return fromPrincipal(authorizer.iam.userArn, principals)
  return refuse('unauthenticated', 'the request carries neither a token nor a signature that API Gateway has checked')
}

const fromClaims = (claims: Readonly<Record<string, unknown>>): Caller | Refusal => {
  const tenant = text(claims['carillon:tenant']) ?? text(claims.tenant)
  const subject = text(claims.sub) ?? text(claims.client_id)
  if (!tenant) return refuse('forbidden', 'the token names no tenant; it must have a claim "carillon:tenant" or "tenant"')
  return { tenant, scopes: scopesIn(claims.scope ?? claims.scp), by: `user:${subject ?? 'unknown'}` }
}

const fromPrincipal = (arn: string, principals: Principals | undefined): Caller | Refusal => {
  const name = principalName(arn)
  if (!name) return refuse('forbidden', `the caller ${arn} is neither an IAM role nor an IAM user`)
  // The audit keeps the session's name too: it often says which person it was.
  const by = `user:${arn.split(':').at(-1)}`
  // No map: the policy that lets a principal invoke the API is the whole decision.
  if (!principals) return { tenant: 'default', scopes: SCOPES, by }
  const known = principals.get(name)
  return known
    ? { ...known, by }
    : refuse('forbidden', `the principal ${arn} is not one that this API knows; add it to auth.iamPrincipals`)
}

const text = (claim: unknown): string | undefined => (typeof claim === 'string' && claim !== '' ? claim : undefined)

/** Scopes that are ours, from a text with blanks or from a list, which API Gateway writes as `[a b]`. Others are ignored. */
const scopesIn = (claim: unknown): readonly Scope[] => {
  const named = Array.isArray(claim) ? claim : typeof claim === 'string' ? claim.replace(/^\[|\]$/g, '').split(/[\s,]+/) : []
  return SCOPES.filter((scope) => named.includes(scope))
}
