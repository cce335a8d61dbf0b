import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { App, Stack, Validations } from 'aws-cdk-lib'
import { EventBus } from 'aws-cdk-lib/aws-events'
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { describe, expect, test } from 'vitest'
import { Carillon } from '../../lib/carillon.ts'
import { CarillonStack } from '../../lib/stack.ts'

type Report = { readonly pluginReports: readonly { readonly pluginName: string; readonly violations: readonly unknown[] }[] }

/** An app with the checks of `bin/app.ts` and with CDK's own check of the template. */
const checked = (): App => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
  return app
}

/** All findings, warnings included. @throws when a finding is an error, as `cdk synth` does */
const findingsOf = (app: App): readonly unknown[] => {
  const report: Report = JSON.parse(readFileSync(join(app.synth().directory, 'validation-report.json'), 'utf8'))
  return report.pluginReports.flatMap(({ violations }) => violations)
}

describe('cdk-nag', () => {
  test('has no findings and no warnings in either pack', () => {
    const app = checked()
    new CarillonStack(app, 'Test')
    expect(findingsOf(app)).toEqual([])
  })

  test('has no findings in a deployment with tokens to a known account and region', () => {
    const app = checked()
    new CarillonStack(app, 'Test', {
      auth: { issuer: 'https://login.example.com', audience: ['carillon'] },
      env: { account: '111122223333', region: 'eu-central-1' },
    })
    expect(findingsOf(app)).toEqual([])
  })

  test('has no findings in a deployment with targets, an encrypted queue included', () => {
    const app = checked()
    const stack = new Stack(app, 'Test')
    const arn = (service: string, name: string) => `arn:aws:${service}:eu-central-1:111122223333:${name}`
    const keyArn = arn('kms', 'key/mine')
    new Carillon(stack, 'Carillon', {
      targets: {
        functions: [LambdaFunction.fromFunctionArn(stack, 'F', arn('lambda', 'function:mine'))],
        queues: [Queue.fromQueueAttributes(stack, 'Q', { queueArn: arn('sqs', 'mine'), keyArn })],
        buses: [EventBus.fromEventBusArn(stack, 'B', arn('events', 'event-bus/mine'))],
        stateMachines: [StateMachine.fromStateMachineArn(stack, 'S', arn('states', 'stateMachine:mine'))],
      },
    })
    expect(findingsOf(app)).toEqual([])
  })

  test.each(['AwsSolutions', 'Serverless'])('fails the synthesis of a queue without settings by pack %s', (pack) => {
    const app = checked()
    new Queue(new Stack(app, 'Test'), 'Queue')
    expect(() => app.synth()).toThrow(`(${pack})`)
  })
})
