import type { Caller, Scope } from '../api/http/request.ts'
import type { IamPrincipals } from '../worlds/aws/env.ts'

/** For whom each AWS principal may ask, by the name that `principalName` gives it. */
export type Principals = ReadonlyMap<string, Omit<Caller, 'by'>>

const ROLE_OR_USER = /^arn:[^:]+:(?:iam|sts)::(\d{12}):(role|assumed-role|user)\/(.+)$/

/**
 * One name for a principal, however its ARN is written: a role's session has lost the role's path and gained a session
 * name, so the account, the kind and the role's or user's own name are kept. Within an account these are unique.
 * Undefined for anything else, such as the root of an account.
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
 * The principals that the deployment knows.
 *
 * @throws TypeError when a key is not the ARN of an IAM role or user
 */
export const principalsOf = (given: IamPrincipals): Principals =>
  new Map(
    Object.entries(given).map(([arn, { tenant, scopes }]) => {
      const name = principalName(arn)
      if (!name) throw new TypeError(`auth.iamPrincipals: ${arn} must be the ARN of an IAM role or user`)
      return [name, { tenant, scopes: scopes as readonly Scope[] }] as const
    }),
  )
