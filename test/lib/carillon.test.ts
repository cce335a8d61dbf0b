import { Duration, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { describe, expect, test } from 'vitest'
import { Carillon, DEFAULT_LANES, lane } from '../../lib/carillon.ts'
import { readEnv } from '../../worlds/aws/env.ts'
import { resourcesOf, templateOf, theOne, unbundled } from './synth.ts'

const told = (template: Template, id: RegExp) => theOne(template, 'AWS::Lambda::Function', id).Properties.Environment.Variables

describe('a Carillon', () => {
  const template = templateOf({ environmentId: 'staging', retention: Duration.days(7) })

  test.each(Object.entries(resourcesOf(template, 'AWS::Lambda::Function')))(
    '%s runs on arm64 and Node 24, traced',
    (_, { Properties }) =>
      expect([Properties.Runtime, Properties.Architectures, Properties.TracingConfig]).toEqual([
        'nodejs24.x',
        ['arm64'],
        { Mode: 'Active' },
      ]),
  )

  test.each(Object.entries(resourcesOf(template, 'AWS::Logs::LogGroup')))('%s keeps a month of logs', (_, { Properties }) =>
    expect(Properties.RetentionInDays).toBe(30),
  )

  test('makes nothing that is more than a plain resource', () => {
    const types = Object.values(template.toJSON().Resources as Record<string, { Type: string }>).map(({ Type }) => Type)
    expect(types.filter((type) => type.startsWith('Custom::') || type.startsWith('AWS::CloudFormation::'))).toEqual([])
  })

  test('tells the functions the retention', () =>
    expect(told(template, /^CarillonApi/).CARILLON_RETENTION_MS).toBe(String(7 * 86_400_000)))

  test('tells the API which type handles the failures of tasks that name none, if there is one', () => {
    expect(readEnv(told(templateOf({ onFailure: 'tell' }), /^CarillonApi/)).onFailure).toBe('tell')
    expect(readEnv(told(template, /^CarillonApi/)).onFailure).toBeUndefined()
  })

  test('tells executors and API what each tenant is granted, and refuses what they could not read', () => {
    const tenantLimit = { concurrency: 20, rate: { count: 100, per: '1m' } }
    const granted = templateOf({ tenantLimit })
    for (const name of [/^CarillonApi/, /^CarillonExecutornormal/])
      expect(readEnv(told(granted, name)).tenantLimit).toEqual(tenantLimit)
    expect(readEnv(told(template, /^CarillonApi/)).tenantLimit).toBeUndefined()
    expect(() => templateOf({ tenantLimit: { concurrency: 1_000 } })).toThrow('/concurrency: 1000; it must be at most 100')
  })

  test('tells the executors lanes that they can read', () => {
    const { CARILLON_LANES } = told(template, /^CarillonExecutornormal/)
    expect(Object.keys(readEnv({ CARILLON_LANES }).lanes)).toEqual(['high', 'normal', 'low', 'long'])
  })

  test('tells the sweep how long a task is kept and which lanes there are, because it ends what cannot be repaired', () => {
    const read = readEnv(told(template, /^CarillonSweep/))
    expect(read.retentionMs).toBe(7 * 86_400_000)
    expect(Object.keys(read.lanes)).toEqual(['high', 'normal', 'low', 'long'])
  })

  test('takes a lane more, made with what its own module offers', () => {
    const more = templateOf({ lanes: { ...DEFAULT_LANES, quick: lane('quick', 5_000) } })
    expect(theOne(more, 'AWS::Lambda::Function', /^CarillonExecutorquick/).Properties.Timeout).toBe(5)
  })

  test("counts in the environment's own namespace", () =>
    expect(told(template, /^CarillonRelay/).POWERTOOLS_METRICS_NAMESPACE).toBe('Carillon/staging'))

  test.each(['ApiUrl', 'TableName', 'BusName', 'ScheduleGroup', 'QueueUrlhigh', 'QueueUrlnormal', 'QueueUrllow', 'QueueUrllong'])(
    'puts %s out',
    (name) => expect(Object.keys(template.findOutputs(name))).toEqual([name]),
  )

  test('tells the handlers what they read from their environment, and nobody else', () => {
    const given = templateOf({ environment: { CARILLON_HTTP_ALLOW: 'any' } })
    const hears = (id: RegExp) => told(given, id).CARILLON_HTTP_ALLOW
    expect([hears(/^CarillonExecutorlong/), hears(/^CarillonApi/), hears(/^CarillonRelay/)]).toEqual(['any', 'any', undefined])
  })

  test.each(['CARILLON_TABLE', 'AWS_REGION', 'POWERTOOLS_SERVICE_NAME', 'with space'])('refuses the variable %s', (name) =>
    expect(() => templateOf({ environment: { [name]: 'x' } })).toThrow(`got ${JSON.stringify(name)}`),
  )

  test('publishes on the bus that it is given, also when that is of another account and region', () => {
    const stack = new Stack(unbundled(), 'Test')
    const arn = 'arn:aws:events:eu-central-1:444455556666:event-bus/theirs'
    new Carillon(stack, 'Carillon', { bus: EventBus.fromEventBusArn(stack, 'Bus', arn) })
    const given = Template.fromStack(stack)
    expect(Object.keys(resourcesOf(given, 'AWS::Events::EventBus'))).toEqual([])
    // Whole: its name alone would be taken for that of a bus in this account and region.
    expect([told(given, /^CarillonPublish/).CARILLON_BUS, told(given, /^CarillonBury/).CARILLON_BUS]).toEqual([arn, arn])
  })

  test('lets a principal call the API that is granted it', () => {
    const stack = new Stack(unbundled(), 'Test')
    const caller = new Role(stack, 'Caller', { assumedBy: new ServicePrincipal('ec2.amazonaws.com') })
    new Carillon(stack, 'Carillon').api.grantInvoke(caller)
    const [statement] = theOne(Template.fromStack(stack), 'AWS::IAM::Policy', /^Caller/).Properties.PolicyDocument.Statement
    expect(statement.Action).toBe('execute-api:Invoke')
  })

  test('stands twice in one stack', () => {
    const stack = new Stack(unbundled(), 'Test')
    new Carillon(stack, 'One', { environmentId: 'one' })
    new Carillon(stack, 'Two', { environmentId: 'two' })
    expect(Object.keys(resourcesOf(Template.fromStack(stack), 'AWS::DynamoDB::Table'))).toHaveLength(2)
  })
})

describe('a Carillon that cannot be is refused at synthesis', () => {
  test.each([
    ['an environment without a name', { environmentId: '' }, 'environmentId must be 1 to 32 letters, digits and dashes, got ""'],
    ['no time to keep', { retention: Duration.millis(0) }, 'retention must be longer than nothing, got 0 ms'],
    [
      'no handlers',
      { handlers: 'no/such.ts' },
      'handlers must be the path of a module that exports types, got no/such.ts: there is no such file',
    ],
  ])('%s', (_, props, words) => expect(() => templateOf(props)).toThrow(words))
})
