import type { Template } from 'aws-cdk-lib/assertions'
import { resourcesOf } from './synth.ts'

/** A statement of a policy in a template. */
export type Statement = {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: string | readonly string[]
  readonly Resource: unknown
}

/** The account, region and partition in which a template is read. */
export const PLACE = { account: '111122223333', region: 'eu-central-1' }

/** The statements of the policies whose logical id matches. */
export const statementsIn = (template: Template, policy: RegExp): readonly Statement[] =>
  Object.values(resourcesOf(template, 'AWS::IAM::Policy', policy)).flatMap(
    ({ Properties }) => Properties.PolicyDocument.Statement,
  )

/**
 * Does a policy allow the action on the resource? IAM's rule for the policies here: one statement allows both, and a star in
 * an action or a resource matches any text. A resource that the template creates is given as its logical id.
 */
export const allows = (statements: readonly Statement[], action: string, arn: string): boolean =>
  statements.some(
    ({ Effect, Action, Resource }) =>
      Effect === 'Allow' &&
      [Action].flat().some((pattern) => matches(pattern, action)) &&
      [Resource].flat().some((resource) => matches(textOf(resource), arn)),
  )

const matches = (pattern: string, text: string): boolean => {
  const literals = pattern.split('*').map((part) => part.replaceAll(/[^\w]/g, '\\$&'))
  return new RegExp(`^${literals.join('.*')}$`).test(text)
}

type Part = string | { readonly [reference: string]: unknown }

/** A resource of a statement as text; a reference to a resource of the template is its logical id. */
const textOf = (resource: unknown): string => {
  const part = resource as Part
  if (typeof part === 'string') return part
  const join = part['Fn::Join'] as readonly [string, readonly unknown[]] | undefined
  if (join) return join[1].map(textOf).join(join[0])
  const attribute = part['Fn::GetAtt'] as readonly string[] | undefined
  const reference = attribute?.[0] ?? String(part.Ref)
  return { 'AWS::Partition': 'aws', 'AWS::AccountId': PLACE.account, 'AWS::Region': PLACE.region }[reference] ?? reference
}
