import { Stack, Validations } from 'aws-cdk-lib'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'

/**
 * Gives cdk-nag the reason why a role's policy has a wildcard in a resource. cdk-nag identifies the finding by the resource,
 * in the form in which its report shows the resource. A resource without a wildcard has no finding, and a principal that is not a
 * construct has no policy.
 */
export const acknowledgeWildcard = ({ grantPrincipal: role }: IGrantable, resource: string, reason: string): void => {
  if (!Construct.isConstruct(role)) return
  const shown = flat(Stack.of(role).resolve(resource))
  if (!shown.includes('*')) return
  Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${shown}]`, reason })
}

/** The same for actions with a wildcard, which CDK's grant methods use for keys. */
export const acknowledgeActions = ({ grantPrincipal: role }: IGrantable, actions: readonly string[], reason: string): void => {
  if (!Construct.isConstruct(role)) return
  Validations.of(role).acknowledge(...actions.map((action) => ({ id: `AwsSolutions-IAM5[Action::${action}]`, reason })))
}

type Part = string | { Ref?: string; 'Fn::GetAtt'?: readonly string[]; 'Fn::Join'?: readonly [string, readonly Part[]] }

const flat = (part: Part): string => {
  if (typeof part === 'string') return part
  const join = part['Fn::Join']
  return join ? join[1].map(flat).join(join[0]) : `<${part['Fn::GetAtt']?.join('.') ?? part.Ref}>`
}
