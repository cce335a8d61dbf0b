import type { Caller, Scope } from '../api/http/request.ts'
import type { IamPrincipals } from '../worlds/aws/env.ts'

/** The tenant and scopes of each AWS principal, by its `principalName`. */
export type Principals = ReadonlyMap<string, Omit<Caller, 'by'>>

const ROLE_OR_USER = /^arn:[^:]+:(?:iam|sts)::(\d{12}):(role|assumed-role|user)\/(.+)$/

/**
 * A name that is equal for all ARNs of one principal. The ARN of a role's session has a session name and lacks the role's path,
 * so the name consists of the account, the kind, and the name of the role or user, which are unique within an account.
 * Undefined for an ARN that is not a role or a user, such as the root of an account.
 *
 * @example principalName('arn:aws:sts::111122223333:assumed-role/Deployer/ann') // '111122223333/role/Deployer'
 */
export const principalName = (arn: string): string | undefined => {
  const [, account, kind, rest] = ROLE_OR_USER.exec(arn) ?? []
  const parts = rest?.split('/') ?? []
  const name = kind === 'assumed-role' ? parts[0] : parts.at(-1)
  return name ? `${account}/${kind === 'user' ? 'user' : 'role'}/${name}` : undefined
}

/**
 * Indexes the principals of the deployment by `principalName`.
 *
 * @throws TypeError when a key is not the ARN of an IAM role or user
 */
export const principalsOf = (given: IamPrincipals): Principals =>
  new Map(
    Object.entries(given).map(([arn, { tenant, scopes }]) => {
      const name = principalName(arn)
      if (!name) throw new TypeError(`auth.iamPrincipals must be keyed by ARNs of IAM roles or users, got ${arn}`)
      return [name, { tenant, scopes: scopes as readonly Scope[] }] as const
    }),
  )
