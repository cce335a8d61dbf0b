import { Duration, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { describe, expect, test } from 'vitest'
import { Carillon, DEFAULT_LANES, lane } from '../../lib/carillon.ts'
import { readEnv } from '../../worlds/aws/env.ts'
import { resourcesOf, templateOf, theOne, unbundled } from './synth.ts'

const environmentOf = (template: Template, id: RegExp) =>
  theOne(template, 'AWS::Lambda::Function', id).Properties.Environment.Variables

describe('a Carillon', () => {
  const template = templateOf({ environmentId: 'staging', retention: Duration.days(7) })

  test.each(Object.entries(resourcesOf(template, 'AWS::Lambda::Function')))(
    '%s runs on arm64 and Node 24 with tracing',
    (_, { Properties }) =>
      expect([Properties.Runtime, Properties.Architectures, Properties.TracingConfig]).toEqual([
        'nodejs24.x',
        ['arm64'],
        { Mode: 'Active' },
      ]),
  )

  test.each(Object.entries(resourcesOf(template, 'AWS::Logs::LogGroup')))('%s keeps logs for a month', (_, { Properties }) =>
    expect(Properties.RetentionInDays).toBe(30),
  )

  test('has no custom resources and no nested stacks', () => {
    const types = Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type)
    expect(types.filter((type) => type.startsWith('Custom::') || type.startsWith('AWS::CloudFormation::'))).toEqual([])
  })

  test('passes the retention to the API', () =>
    expect(environmentOf(template, /^CarillonApi/).CARILLON_RETENTION_MS).toBe(String(7 * 86_400_000)))

  test('passes the default type of failure tasks to the API, if there is one', () => {
    expect(readEnv(environmentOf(templateOf({ onFailure: 'notify' }), /^CarillonApi/)).onFailure).toBe('notify')
    expect(readEnv(environmentOf(template, /^CarillonApi/)).onFailure).toBeUndefined()
    const onFailure = { type: 'http', input: { url: 'https://ops.example.com/failed' } }
    expect(readEnv(environmentOf(templateOf({ onFailure }), /^CarillonApi/)).onFailure).toEqual(onFailure)
    expect(() => templateOf({ onFailure: '{"typ":"http"}' })).toThrow(
      /CARILLON_ON_FAILURE is .*it must be the name of a task type/,
    )
  })

  test('passes the bound on far tasks to API and control lane, and rejects an invalid one', () => {
    const granted = templateOf({ tenantFarTasks: 2_000_000 })
    for (const name of [/^CarillonApi/, /^CarillonControl/])
      expect(readEnv(environmentOf(granted, name)).tenantFarTasks).toBe(2_000_000)
    expect(readEnv(environmentOf(template, /^CarillonApi/)).tenantFarTasks).toBeUndefined()
    expect(() => templateOf({ tenantFarTasks: 99_999 })).toThrow('is 99999; it must be a whole number from 100000 to 100000000')
  })

  test('passes the limit of tenants to executors and API, and rejects an invalid limit', () => {
    const tenantLimit = { concurrency: 20, rate: { count: 100, per: '1m' } }
    const granted = templateOf({ tenantLimit })
    for (const name of [/^CarillonApi/, /^CarillonExecutornormal/])
      expect(readEnv(environmentOf(granted, name)).tenantLimit).toEqual(tenantLimit)
    expect(readEnv(environmentOf(template, /^CarillonApi/)).tenantLimit).toBeUndefined()
    expect(() => templateOf({ tenantLimit: { concurrency: 1_000 } })).toThrow('/concurrency: 1000; it must be at most 100')
  })

  test('passes lanes to the executors in a form that they can read', () => {
    const { CARILLON_LANES } = environmentOf(template, /^CarillonExecutornormal/)
    expect(Object.keys(readEnv({ CARILLON_LANES }).lanes)).toEqual(['high', 'normal', 'low', 'long'])
  })

  test('passes retention and lanes to the sweep, because it ends tasks that it cannot repair', () => {
    const read = readEnv(environmentOf(template, /^CarillonSweep/))
    expect(read.retentionMs).toBe(7 * 86_400_000)
    expect(Object.keys(read.lanes)).toEqual(['high', 'normal', 'low', 'long'])
  })

  test('accepts an additional lane that is made with the exported function', () => {
    const more = templateOf({ lanes: { ...DEFAULT_LANES, quick: lane('quick', 5_000) } })
    expect(theOne(more, 'AWS::Lambda::Function', /^CarillonExecutorquick/).Properties.Timeout).toBe(5)
  })

  test('publishes metrics in the namespace of the environment', () =>
    expect(environmentOf(template, /^CarillonRelay/).POWERTOOLS_METRICS_NAMESPACE).toBe('Carillon/staging'))

  test.each(['ApiUrl', 'TableName', 'BusName', 'ScheduleGroup', 'QueueUrlhigh', 'QueueUrlnormal', 'QueueUrllow', 'QueueUrllong'])(
    'has the output %s',
    (name) => expect(Object.keys(template.findOutputs(name))).toEqual([name]),
  )

  test('passes the variables of the handlers to executors and API only', () => {
    const given = templateOf({ environment: { CARILLON_HTTP_ALLOW: 'any' } })
    const allowIn = (id: RegExp) => environmentOf(given, id).CARILLON_HTTP_ALLOW
    expect([allowIn(/^CarillonExecutorlong/), allowIn(/^CarillonApi/), allowIn(/^CarillonRelay/)]).toEqual([
      'any',
      'any',
      undefined,
    ])
  })

  test.each(['CARILLON_TABLE', 'AWS_REGION', 'POWERTOOLS_SERVICE_NAME', 'with space'])('rejects the variable %s', (name) =>
    expect(() => templateOf({ environment: { [name]: 'x' } })).toThrow(`got ${JSON.stringify(name)}`),
  )

  test('publishes on the given bus, even one of another account and region', () => {
    const stack = new Stack(unbundled(), 'Test')
    const arn = 'arn:aws:events:eu-central-1:444455556666:event-bus/theirs'
    new Carillon(stack, 'Carillon', { bus: EventBus.fromEventBusArn(stack, 'Bus', arn) })
    const given = Template.fromStack(stack)
    expect(Object.keys(resourcesOf(given, 'AWS::Events::EventBus'))).toEqual([])
    // The whole ARN: a name alone would mean a bus in this account and region.
    expect([
      environmentOf(given, /^CarillonPublish/).CARILLON_BUS,
      environmentOf(given, /^CarillonDeadLetters/).CARILLON_BUS,
    ]).toEqual([arn, arn])
  })

  test('lets a principal with a grant call the API', () => {
    const stack = new Stack(unbundled(), 'Test')
    const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })
    new Carillon(stack, 'Carillon').api.grantInvoke(caller)
    const [statement] = theOne(Template.fromStack(stack), 'AWS::IAM::Policy', /^Caller/).Properties.PolicyDocument.Statement
    expect(statement.Action).toBe('execute-api:Invoke')
  })

  test('can be created twice in one stack', () => {
    const stack = new Stack(unbundled(), 'Test')
    new Carillon(stack, 'One', { environmentId: 'one' })
    new Carillon(stack, 'Two', { environmentId: 'two' })
    expect(Object.keys(resourcesOf(Template.fromStack(stack), 'AWS::DynamoDB::Table'))).toHaveLength(2)
  })
})

describe('synthesis fails for', () => {
  test.each([
    ['an environment without a name', { environmentId: '' }, 'environmentId must be 1 to 32 letters, digits and dashes, got ""'],
    ['a retention of zero', { retention: Duration.millis(0) }, 'retention must be longer than 0 ms, got 0 ms'],
    [
      'handlers that do not exist',
      { handlers: 'no/such.ts' },
      'handlers must be the path of a module that exports types, got no/such.ts: there is no such file',
    ],
  ])('%s', (_, props, words) => expect(() => templateOf(props)).toThrow(words))
})
