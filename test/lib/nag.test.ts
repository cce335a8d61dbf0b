import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { App, Stack, Validations } from 'aws-cdk-lib'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { AwsSolutionsChecks, ServerlessChecks } from 'cdk-nag'
import { describe, expect, test } from 'vitest'
import { CarillonStack } from '../../lib/stack.ts'

type Report = { readonly pluginReports: readonly { readonly pluginName: string; readonly violations: readonly unknown[] }[] }

/** An app that is checked the way that `bin/app.ts` is, CDK's own check of the template included. */
const checked = (): App => {
  const app = new App({ context: { 'aws:cdk:bundling-stacks': [] } })
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app), new ServerlessChecks(app))
  return app
}

/** All that was found, warnings too. @throws when an error was found, as `cdk synth` does */
const foundIn = (app: App): readonly unknown[] => {
  const report: Report = JSON.parse(readFileSync(join(app.synth().directory, 'validation-report.json'), 'utf8'))
  return report.pluginReports.flatMap(({ violations }) => violations)
}

describe('cdk-nag', () => {
  test('finds nothing, not even to warn of, in either pack', () => {
    const app = checked()
    new CarillonStack(app, 'Test')
    expect(foundIn(app)).toEqual([])
  })

  test('finds nothing in a deployment by tokens to a known account and region', () => {
    const app = checked()
    new CarillonStack(app, 'Test', {
      auth: { issuer: 'https://login.example.com', audience: ['carillon'] },
      env: { account: '111122223333', region: 'eu-central-1' },
    })
    expect(foundIn(app)).toEqual([])
  })

  test.each(['AwsSolutions', 'Serverless'])('does look: a careless queue fails the synthesis by pack %s', (pack) => {
    const app = checked()
    new Queue(new Stack(app, 'Test'), 'Careless')
    expect(() => app.synth()).toThrow(`(${pack})`)
  })
})
