import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import type { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LANES, lane } from '../../core/lanes.ts'
import type { CarillonProps } from '../../lib/carillon.ts'
import { type Resource, templateOf } from './synth.ts'

/** A stack that was deleted, or whose first deployment failed, can be created again, and two stacks can stand side by side. */

const DEPLOYMENTS: Readonly<Record<string, CarillonProps>> = {
  'with default settings (IAM)': {},
  'with tokens': { auth: { issuer: 'https://login.example.com', audience: ['carillon'] } },
  'with IAM principals': { auth: { iamPrincipals: { 'arn:aws:iam::111122223333:role/A': { tenant: 'acme', scopes: [] } } } },
  'with its own settings': {
    environmentId: 'production',
    lanes: { ...DEFAULT_LANES, quick: lane('quick', 5_000) },
    retention: Duration.days(90),
    tenantLimit: { concurrency: 20 },
    onFailure: 'notify',
  },
  'whose table is deleted': { removalPolicy: RemovalPolicy.DESTROY },
}

/** Names that several resources of an account may have alike, or that are unique within another resource of the stack. */
const MAY_REPEAT: Readonly<Record<string, string>> = {
  'AWS::ApiGatewayV2::Api.Name': 'a label; API Gateway identifies an API by its id',
  'AWS::ApiGatewayV2::Authorizer.Name': 'unique within the API',
  'AWS::ApiGatewayV2::Stage.StageName': 'unique within the API',
  'AWS::CloudWatch::Alarm.MetricName': 'the metric, not the alarm',
  'AWS::IAM::Policy.PolicyName': 'an inline policy, unique within its role',
}

type Named = { readonly id: string; readonly resource: Resource; readonly property: string; readonly value: unknown }

/** Every property `Name` or `…Name` that is given. A reference to another resource is no name of its own. */
const namesOf = (template: Template): readonly Named[] =>
  Object.entries(template.toJSON().Resources as Record<string, Resource>).flatMap(([id, resource]) =>
    Object.entries(Object(resource.Properties) as Record<string, unknown>)
      .filter(([property, value]) => /Name$/.test(property) && !isReference(value))
      .map(([property, value]) => ({ id, resource, property, value })),
  )

const isReference = (value: unknown): boolean => Object.keys(Object(value)).some((key) => key === 'Ref' || key === 'Fn::GetAtt')

const isKept = ({ DeletionPolicy = 'Delete', UpdateReplacePolicy = 'Delete' }: Resource): boolean =>
  DeletionPolicy !== 'Delete' || UpdateReplacePolicy !== 'Delete'

describe.each(Object.entries(DEPLOYMENTS))('a deployment %s', (_, props) => {
  const template = templateOf(props)
  const names = namesOf(template)

  test('has resources with names', () => expect(names.length).toBeGreaterThan(5))

  test('keeps no resource with a name when its stack is deleted', () =>
    expect(names.filter(({ resource }) => isKept(resource)).map(({ id }) => id)).toEqual([]))

  test('has only names that contain the id of the stack, where a name must be unique in the account', () => {
    const fixed = names.filter(({ value }) => !JSON.stringify(value).includes('"AWS::StackId"'))
    const taken = fixed.map(({ resource, property }) => `${resource.Type}.${property}`).filter((name) => !(name in MAY_REPEAT))
    expect(taken).toEqual([])
  })

  test('keeps at most its table', () => {
    const kept = Object.values(template.toJSON().Resources as Record<string, Resource>).filter(isKept)
    const retained = props.removalPolicy === RemovalPolicy.DESTROY ? [] : ['AWS::DynamoDB::Table']
    expect(kept.map(({ Type }) => Type)).toEqual(retained)
  })
})
