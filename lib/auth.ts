import type { IHttpRouteAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { LIMITS } from '../core/limits.ts'
import type { IamPrincipals } from '../worlds/aws/env.ts'

/** Tokens of an OpenID Connect provider. */
export type JwtAuth = {
  /** The provider, as it stands in the tokens' `iss`: an https URL. */
  readonly issuer: string
  /** For whom tokens are meant, as it stands in their `aud` or `client_id`. */
  readonly audience: readonly string[]
}

/** Signatures of AWS principals. */
export type IamAuth = {
  /**
   * For which tenant, and with which scopes, each IAM role or user may ask, by its ARN. A principal that is not named is
   * refused.
   * @default whoever an IAM policy lets invoke the API may do everything, as tenant `default`
   */
  readonly iamPrincipals?: IamPrincipals
}

/** Who may call the API. There is no open mode. */
export type Auth = JwtAuth | IamAuth

/**
 * The authorizer of an API.
 *
 * @throws TypeError when the issuer or the audience cannot be
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
 * The principals that the API is told of.
 *
 * @throws TypeError when an ARN, a tenant or a scope cannot be
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
