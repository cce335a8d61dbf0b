import { readFileSync } from 'node:fs'
import { Duration, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { Carillon, type CarillonProps } from '../../lib/carillon.ts'
import { templateOf, unbundled } from './synth.ts'

const JWT = { auth: { issuer: 'https://login.example.com', audience: ['carillon'] } }

type Parameters = Readonly<Record<string, string>>

const defaultsOf = (template: Template): Parameters =>
  Object.fromEntries(Object.entries(template.findParameters('*')).map(([name, parameter]) => [name, parameter.Default]))

type Rule = { readonly Assertions: readonly { readonly Assert: object; readonly AssertDescription: string }[] }

/**
 * The messages with which CloudFormation refuses a template. `cdk deploy` sends a given parameter, otherwise the value of the
 * deployed stack, otherwise the default.
 */
const refusalsOf = (next: Template, deployed: Parameters, given: Parameters = {}): readonly string[] => {
  const values: Parameters = { ...defaultsOf(next), ...deployed, ...given }
  const rules = Object.entries(next.toJSON().Rules as Record<string, Rule>).filter(([name]) => name !== 'CheckBootstrapVersion')
  return rules.flatMap(([, { Assertions }]) =>
    Assertions.filter(({ Assert }) => {
      const { 'Fn::Equals': sides } = Assert as { 'Fn::Equals': readonly [{ readonly Ref: string }, string] }
      return values[sides[0].Ref] !== sides[1]
    }).map(({ AssertDescription }) => AssertDescription),
  )
}

const PRODUCTION: CarillonProps = { ...JWT, environmentId: 'production', retention: Duration.days(90) }
const production = templateOf(PRODUCTION)
const deployed = defaultsOf(production)

describe('a deployment', () => {
  test('is accepted when the stack is new, and again with the same settings', () => {
    expect(refusalsOf(production, {})).toEqual([])
    expect(refusalsOf(production, deployed)).toEqual([])
  })

  test('is accepted on a stack from before these parameters', () => expect(refusalsOf(production, { Other: 'x' })).toEqual([]))

  test.each([
    ['other tokens', { auth: { issuer: 'https://other.example.com', audience: ['a'] } }],
    ['another tenant limit', { tenantLimit: { concurrency: 5 } }],
  ])('is accepted with %s, because callers and tasks stay', (_, change) =>
    expect(refusalsOf(templateOf({ ...PRODUCTION, ...change }), deployed)).toEqual([]),
  )

  test.each([
    ['tokens to IAM', { auth: {} }, 'auth IAM', 'CarillonAuth=IAM'],
    ['tokens to IAM principals', { auth: { iamPrincipals: {} } }, 'auth IAM_PRINCIPALS', 'CarillonAuth=IAM_PRINCIPALS'],
    ['the environment id', { environmentId: 'prod' }, 'environmentId prod', 'CarillonEnvironmentId=prod'],
    ['the retention', { retention: Duration.days(30) }, 'retention 30d', 'CarillonRetention=30d'],
  ])('that would change %s is refused, and is accepted when the command confirms it', (_, change, setting, parameter) => {
    const next = templateOf({ ...PRODUCTION, ...change })
    const refusals = refusalsOf(next, deployed)
    expect(refusals).toHaveLength(1)
    expect(refusals[0]).toContain(`the settings have ${setting}, the deployed stack has another: `)
    expect(refusals[0]).toContain(`confirm the change with: --parameters ${parameter}`)
    const [name = '', value = ''] = parameter.split('=')
    expect(refusalsOf(next, deployed, { [name]: value })).toEqual([])
    // The confirmation is stored as the parameter of the stack: the next deployment with the new setting needs none, and the way
    // back is a change like any other.
    expect(refusalsOf(next, { ...deployed, [name]: value })).toEqual([])
    expect(refusalsOf(production, { ...deployed, [name]: value })).toHaveLength(1)
  })

  test('that forgets the map of IAM principals is refused, because every caller would get all scopes', () => {
    const mapped = defaultsOf(
      templateOf({ auth: { iamPrincipals: { 'arn:aws:iam::111122223333:role/A': { tenant: 'a', scopes: [] } } } }),
    )
    expect(refusalsOf(templateOf(), mapped)).toHaveLength(1)
  })

  test('without any setting is refused for all three', () => expect(refusalsOf(templateOf(), deployed)).toHaveLength(3))
})

test('the message is the one in docs/operating.md', () => {
  const page = readFileSync('docs/operating.md', 'utf8').replaceAll(/\s+/g, ' ')
  expect(page).toContain(refusalsOf(templateOf({ ...PRODUCTION, auth: {} }), deployed)[0])
})

test('two Carillons in one stack have their own parameters', () => {
  const stack = new Stack(unbundled(), 'Billing')
  new Carillon(stack, 'Fast')
  new Carillon(stack, 'Slow', { environmentId: 'slow' })
  expect(defaultsOf(Template.fromStack(stack))).toMatchObject({ FastEnvironmentId: 'default', SlowEnvironmentId: 'slow' })
})
