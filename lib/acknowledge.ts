import { Stack, Validations } from 'aws-cdk-lib'
import type { NodejsFunction } from 'aws-cdk-lib/aws-lambda-nodejs'

/** Says why a function's role may use a resource with a star in it. cdk-nag wants the resource named the way that it shows it. */
export const acknowledgeWildcard = (made: NodejsFunction, resource: string, reason: string): void => {
  const shown = flat(Stack.of(made).resolve(resource))
  if (made.role) Validations.of(made.role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${shown}]`, reason })
}

type Part = string | { Ref?: string; 'Fn::GetAtt'?: readonly string[]; 'Fn::Join'?: readonly [string, readonly Part[]] }

const flat = (part: Part): string => {
  if (typeof part === 'string') return part
  const join = part['Fn::Join']
  return join ? join[1].map(flat).join(join[0]) : `<${part['Fn::GetAtt']?.join('.') ?? part.Ref}>`
}
