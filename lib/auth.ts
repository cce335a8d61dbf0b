import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { LIMITS } from '../core/limits.ts'
import type { IamPrincipals } from '../worlds/aws/env.ts'

/** Authentication by tokens of an OpenID Connect provider. */
export type JwtAuth = {
  /** The provider: an https URL, equal to the `iss` claim of the tokens. */
  readonly issuer: string
  /** Accepted values of the `aud` or `client_id` claim. */
  readonly audience: readonly string[]
}

/** Authentication by AWS signatures (IAM). */
export type IamAuth = {
  /**
   * The tenant and the scopes of each IAM role or user, by its ARN. A principal without an entry is refused.
   * @default every principal that may invoke the API according to IAM has all scopes for the tenant `default`
   */
  readonly iamPrincipals?: IamPrincipals
}

/** How callers of the API are authenticated. An API without authentication is not possible. */
export type Auth = JwtAuth | IamAuth

/**
 * The authorizer of an API.
 *
 * @throws TypeError when the issuer or the audience is invalid
 */
export const authorizerFor = (auth: Auth): IHttpRouteAuthorizer => {
  if (!('issuer' in auth)) return new HttpIamAuthorizer()
  const { issuer, audience } = auth
  if (typeof issuer !== 'string' || !issuer.startsWith('https://'))
    throw new TypeError(`auth.issuer must be an https URL, got ${JSON.stringify(issuer)}`)
  if (!Array.isArray(audience) || audience.length === 0 || audience.some((one) => !one))
    throw new TypeError(`auth.audience must name at least one audience, got ${JSON.stringify(audience)}`)
  return new HttpJwtAuthorizer('Jwt', issuer, { jwtAudience: [...audience] })
}

const ROLE_OR_USER = /^arn:[^:]+:iam::\d{12}:(?:role|user)\/.+$/
const SCOPES = ['carillon/read', 'carillon/write', 'carillon/admin']

/**
 * The IAM principals for the API's function; undefined when IAM policies alone decide.
 *
 * @throws TypeError when an ARN, a tenant or a scope is invalid, or when the map is too large for the environment
 */
export const principalsOf = (auth: Auth): IamPrincipals | undefined => {
  const principals = 'iamPrincipals' in auth ? auth.iamPrincipals : undefined
  for (const [arn, { tenant, scopes }] of Object.entries(principals ?? {})) {
    if (!ROLE_OR_USER.test(arn)) throw new TypeError(`auth.iamPrincipals must be keyed by ARNs of IAM roles or users, got ${arn}`)
    if (!tenant) throw new TypeError(`auth.iamPrincipals: ${arn} must have a tenant, got ${JSON.stringify(tenant)}`)
    const unknown = scopes.filter((scope) => !SCOPES.includes(scope))
    if (unknown.length > 0)
      throw new TypeError(`auth.iamPrincipals: scopes of ${arn} must be among ${SCOPES.join(', ')}, got ${unknown.join(', ')}`)
  }
  const bytes = Buffer.byteLength(JSON.stringify(principals ?? {}))
  if (bytes > LIMITS.principalsBytes)
    throw new TypeError(`auth.iamPrincipals must be at most ${LIMITS.principalsBytes} bytes as JSON, got ${bytes}`)
  return principals
}
