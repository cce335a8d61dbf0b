import type { Template } from 'aws-cdk-lib/assertions'
import { describe, expect, test } from 'vitest'
import { needs, type Step } from '../../engine/needs.ts'
import { actionsOf, QUERIES, type Service, STREAM_VERBS, VERBS, type Verb } from '../../worlds/aws/verbs.ts'
import { resourcesOf, templateOf, theOne } from './synth.ts'

type Statement = { readonly Action: string | readonly string[]; readonly Resource: unknown }

const statementsOf = (template: Template, role: RegExp): readonly Statement[] =>
  theOne(template, 'AWS::IAM::Policy', role).Properties.PolicyDocument.Statement
const actions = (statements: readonly Statement[]): ReadonlySet<string> => new Set(statements.flatMap(({ Action }) => Action))

/** The grants of every function, for logs and traces. */
const OBSERVED = ['logs:CreateLogStream', 'logs:PutLogEvents', 'xray:PutTraceSegments', 'xray:PutTelemetryRecords']
/** The grants that Lambda's poller needs in the role of a queue consumer, and of a stream consumer. */
const CONSUMES_QUEUE = [
  'sqs:ReceiveMessage',
  'sqs:ChangeMessageVisibility',
  'sqs:GetQueueUrl',
  'sqs:DeleteMessage',
  'sqs:GetQueueAttributes',
]
const CONSUMES_STREAM = [
  'dynamodb:DescribeStream',
  'dynamodb:GetRecords',
  'dynamodb:GetShardIterator',
  'dynamodb:ListStreams',
  'sqs:SendMessage',
]

const ADDITIONAL: Readonly<Record<Step, readonly string[]>> = {
  api: [],
  relay: CONSUMES_STREAM,
  publish: CONSUMES_STREAM,
  execute: CONSUMES_QUEUE,
  control: CONSUMES_QUEUE,
  'dead-letters': [...CONSUMES_QUEUE, ...STREAM_VERBS],
  sweep: [],
}
const ROLES = {
  api: /^CarillonApiFunctionRole/,
  relay: /^CarillonRelayFunctionRole/,
  publish: /^CarillonPublishFunctionRole/,
  execute: /^CarillonExecutornormalFunctionRole/,
  control: /^CarillonControlFunctionRole/,
  'dead-letters': /^CarillonDeadLettersFunctionRole/,
  sweep: /^CarillonSweepFunctionRole/,
} satisfies Record<Step, RegExp>

const template = templateOf()
const steps = Object.keys(needs) as Step[]
const servicesOf = (step: Step) => (Object.entries(needs[step]) as [Service, Verb<Service>[]][]).filter(([part]) => part in VERBS)
const verbsOf = (step: Step): readonly string[] =>
  servicesOf(step).flatMap(([service, verbs]) => verbs.map((verb) => `${service}.${verb}`))
/** The statements that allow an action to a step. */
const allowed = (step: Step, action: string): readonly Statement[] =>
  statementsOf(template, ROLES[step]).filter(({ Action }) => [Action].flat().includes(action))

describe('a function has the grants that its step needs, and no others', () => {
  test.each(steps)('%s', (step) => {
    const needed = servicesOf(step).flatMap(([service, verbs]) => actionsOf(service, verbs))
    expect(actions(statementsOf(template, ROLES[step]))).toEqual(new Set([...OBSERVED, ...ADDITIONAL[step], ...needed]))
  })

  test('every executor has the same grants', () => {
    const roles = Object.keys(resourcesOf(template, 'AWS::IAM::Policy', /^CarillonExecutor/)).map((id) => new RegExp(`^${id}$`))
    expect(roles).toHaveLength(4)
    expect(new Set(roles.map((role) => JSON.stringify([...actions(statementsOf(template, role))].sort()))).size).toBe(1)
  })
})

describe('a grant names its resources', () => {
  const all = Object.keys(resourcesOf(template, 'AWS::IAM::Policy')).flatMap((id) =>
    statementsOf(template, new RegExp(`^${id}$`)),
  )

  test('except a grant for X-Ray, which has no resources', () => {
    const withoutResource = all.filter(({ Resource }) => [Resource].flat().includes('*'))
    expect(actions(withoutResource)).toEqual(new Set(['xray:PutTraceSegments', 'xray:PutTelemetryRecords']))
  })

  test('and no action has a wildcard', () => expect([...actions(all)].filter((action) => action.includes('*'))).toEqual([]))

  test('and iam:PassRole is allowed only for the role of the timers and only to Scheduler', () => {
    const passRoleStatements = all.filter(({ Action }) => [Action].flat().includes('iam:PassRole'))
    const [role] = Object.keys(resourcesOf(template, 'AWS::IAM::Role', /^CarillonTimersRole/))
    expect(passRoleStatements.length).toBeGreaterThan(0)
    for (const statement of passRoleStatements)
      expect(statement).toMatchObject({
        Action: 'iam:PassRole',
        Resource: { 'Fn::GetAtt': [role, 'Arn'] },
        Condition: { StringEquals: { 'iam:PassedToService': 'scheduler.amazonaws.com' } },
      })
  })

  test.each(steps)('%s may query the indexes of its verbs, and no others', (step) => {
    const asked = Object.entries(QUERIES).flatMap(([verb, indexes]) => (verbsOf(step).includes(`store.${verb}`) ? indexes : []))
    const named = allowed(step, 'dynamodb:Query').flatMap(({ Resource }) => Resource)
    expect(named.map((it) => /\/index\/(\w+)/.exec(JSON.stringify(it))?.[1] ?? 'table').sort()).toEqual(
      [...new Set(asked)].sort(),
    )
  })

  test.each([
    ['dynamodb:DeleteItem', ['api', 'relay', 'control', 'dead-letters', 'sweep']],
    ['dynamodb:Query', ['api', 'execute', 'control', 'sweep']],
    ['dynamodb:BatchGetItem', ['api', 'control', 'sweep']],
    ['scheduler:DeleteSchedule', ['relay', 'dead-letters']],
    ['scheduler:CreateSchedule', ['relay', 'dead-letters', 'sweep']],
    ['events:PutEvents', ['publish', 'dead-letters']],
    ['dynamodb:PutItem', ['api', 'relay', 'execute', 'control', 'dead-letters', 'sweep']],
  ])('%s is allowed only for %j', (action, allowedTo) =>
    expect(steps.filter((step) => allowed(step, action).length > 0)).toEqual(allowedTo),
  )
})
