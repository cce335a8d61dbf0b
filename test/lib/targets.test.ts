import { Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { Key } from 'aws-cdk-lib/aws-kms'
import { Alias, Code, type IVersion, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { describe, expect, test } from 'vitest'
import type { TaskType } from '../../core/define.ts'
import { eventbridge } from '../../handlers/eventbridge.ts'
import { lambda } from '../../handlers/lambda.ts'
import { sqs } from '../../handlers/sqs.ts'
import { stepfunctions } from '../../handlers/stepfunctions.ts'
import { Carillon } from '../../lib/carillon.ts'
import { allows, PLACE, statementsIn } from './policies.ts'
import { unbundled } from './synth.ts'

/** A resource that tasks name in their input, the action that the task type then calls, and the ARN that IAM sees. */
type Call = readonly [type: TaskType, input: object, action: string, arn: string]

const { account, region } = PLACE
const lambdaArn = (name: string) => `arn:aws:lambda:${region}:${account}:function:${name}`
const sqsArn = (name: string) => `arn:aws:sqs:${region}:${account}:${name}`
const busArn = (name: string) => `arn:aws:events:${region}:${account}:event-bus/${name}`
const machineArn = (name: string) => `arn:aws:states:${region}:${account}:stateMachine:${name}`

const invoke = (functionName: string, arn: string): Call => [lambda, { functionName }, 'lambda:InvokeFunction', arn]
const send = (name: string): Call => [
  sqs,
  { queueUrl: `https://sqs.${region}.amazonaws.com/${account}/${name}`, body: 'x' },
  'sqs:SendMessage',
  sqsArn(name),
]
const put = (bus: string, name: string): Call => [
  eventbridge,
  { bus, source: 'com.example', detailType: 'Shipped' },
  'events:PutEvents',
  busArn(name),
]
const start = (stateMachineArn: string): Call => [stepfunctions, { stateMachineArn }, 'states:StartExecution', stateMachineArn]

/** Existing resources, by ARN. */
const stack = new Stack(unbundled(), 'Test')
new Carillon(stack, 'Carillon', {
  targets: {
    functions: [
      LambdaFunction.fromFunctionArn(stack, 'F', lambdaArn('mine')),
      LambdaFunction.fromFunctionArn(stack, 'G', lambdaArn('theirs:live')),
    ],
    queues: [Queue.fromQueueArn(stack, 'Q', sqsArn('mine'))],
    buses: [EventBus.fromEventBusArn(stack, 'B', busArn('mine'))],
    stateMachines: [StateMachine.fromStateMachineArn(stack, 'S', machineArn('mine'))],
  },
})
const given = Template.fromStack(stack)
const statements = statementsIn(given, /^CarillonExecutornormalFunctionRole/)

describe('a task may call a listed target in every form that its input accepts', () => {
  test.each<Call>([
    invoke('mine', lambdaArn('mine')),
    invoke('mine:live', lambdaArn('mine:live')),
    invoke('mine:7', lambdaArn('mine:7')),
    invoke('mine:$LATEST', lambdaArn('mine:$LATEST')),
    invoke(lambdaArn('mine'), lambdaArn('mine')),
    invoke(lambdaArn('mine:live'), lambdaArn('mine:live')),
    invoke('theirs:live', lambdaArn('theirs:live')),
    send('mine'),
    put('mine', 'mine'),
    put(busArn('mine'), 'mine'),
    start(machineArn('mine')),
    start(`${machineArn('mine')}:live`),
    start(`${machineArn('mine')}:3`),
  ])('$0.name %j calls %s on %s', (type, input, action, arn) => {
    expect(type.input['~standard'].validate(input)).not.toHaveProperty('issues')
    expect(allows(statements, action, arn)).toBe(true)
  })
})

describe('a task may not call', () => {
  test.each<Call>([
    invoke('mine2', lambdaArn('mine2')),
    invoke('theirs', lambdaArn('theirs')),
    invoke('theirs:other', lambdaArn('theirs:other')),
    send('mine2'),
    put('default', 'default'),
    start(machineArn('mine2')),
  ])('an unlisted resource: $0.name %j', (_type, _input, action, arn) => expect(allows(statements, action, arn)).toBe(false))

  test.each(['lambda:UpdateFunctionCode', 'sqs:ReceiveMessage', 'sqs:PurgeQueue', 'events:PutRule', 'states:StopExecution'])(
    'another action on a listed one: %s',
    (action) =>
      expect(
        [lambdaArn('mine'), sqsArn('mine'), busArn('mine'), machineArn('mine')].some((arn) => allows(statements, action, arn)),
      ).toBe(false),
  )
})

test('functions other than the executors may call no target', () => {
  const others = statementsIn(given, /^Carillon(?!Executor)/)
  expect(others.length).toBeGreaterThan(10)
  expect(JSON.stringify(others)).not.toMatch(/:(mine|theirs)/)
})

describe('resources of the same app', () => {
  const own = new Stack(unbundled(), 'Own', { env: PLACE })
  const fn = new LambdaFunction(own, 'Fn', { runtime: Runtime.NODEJS_24_X, handler: 'i.h', code: Code.fromInline('x') })
  const alias = new Alias(own, 'Alias', { aliasName: 'live', version: fn.currentVersion as IVersion })
  const key = new Key(own, 'Key')
  const encrypted = new Queue(own, 'Encrypted', { encryption: QueueEncryption.KMS, encryptionMasterKey: key })
  const machine = new StateMachine(own, 'Machine', { definitionBody: DefinitionBody.fromChainable(new Pass(own, 'Pass')) })
  const bus = new EventBus(own, 'Bus', { kmsKey: key })
  new Carillon(own, 'Carillon', { targets: { functions: [alias], queues: [encrypted], stateMachines: [machine], buses: [bus] } })
  const template = Template.fromStack(own)
  const granted = statementsIn(template, /^CarillonExecutorlongFunctionRole/)
  const idOf = (it: { readonly node: { readonly defaultChild?: unknown } }) =>
    own.getLogicalId(it.node.defaultChild as Parameters<typeof own.getLogicalId>[0])

  test('an alias is granted alone', () => {
    expect(allows(granted, 'lambda:InvokeFunction', idOf(alias))).toBe(true)
    expect(allows(granted, 'lambda:InvokeFunction', idOf(fn))).toBe(false)
  })

  test('an encrypted queue is granted with its key', () => {
    expect(allows(granted, 'sqs:SendMessage', idOf(encrypted))).toBe(true)
    for (const action of ['kms:GenerateDataKey', 'kms:Decrypt']) expect(allows(granted, action, idOf(key))).toBe(true)
    expect(allows(granted, 'kms:ScheduleKeyDeletion', idOf(key))).toBe(false)
  })

  test('a state machine is granted with its versions', () =>
    expect(allows(granted, 'states:StartExecution', `${idOf(machine)}:3`)).toBe(true))

  test('the key of a bus is used by EventBridge itself, so its key policy is enough', () => {
    expect(allows(granted, 'events:PutEvents', idOf(bus))).toBe(true)
    const [policy] = Object.values(template.findResources('AWS::KMS::Key')).map(({ Properties }) =>
      JSON.stringify(Properties.KeyPolicy),
    )
    expect(policy).toContain('events.amazonaws.com')
  })
})
