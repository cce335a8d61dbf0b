import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Duration, RemovalPolicy } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DEFAULT_LANES, lane } from '../../core/lanes.ts'
import { lanesFor } from '../../lib/concurrency.ts'
import { readSettings } from '../../lib/settings.ts'
import { CarillonStack } from '../../lib/stack.ts'
import { unbundled } from './synth.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-settings-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const written = (text: string): string => {
  const file = join(folder, 'carillon.json')
  writeFileSync(file, text)
  return file
}

/** The settings of a file with this JSON, and with these values of `-c`. */
const from = (file: object, context: Readonly<Record<string, unknown>> = {}) =>
  readSettings(new App({ context: { settings: written(JSON.stringify(file)), ...context } }).node)

const production = { environmentId: 'production' }
const defaults = { ...production, stackName: 'Carillon', env: {}, resources: {} }

describe('a settings file can give', () => {
  test('only the name of the environment, so that every other setting has its default', () =>
    expect(from(production)).toEqual(defaults))

  test.each<[string, object, object]>([
    ['the name of the stack', { stackName: 'Tasks' }, { stackName: 'Tasks' }],
    [
      'the account and the region',
      { account: '111122223333', region: 'eu-central-1' },
      { env: { account: '111122223333', region: 'eu-central-1' } },
    ],
    ['only the region', { region: 'us-gov-west-1' }, { env: { region: 'us-gov-west-1' } }],
    [
      'the issuer and the audience of tokens',
      { auth: { issuer: 'https://x', audience: ['a', 'b'] } },
      { auth: { issuer: 'https://x', audience: ['a', 'b'] } },
    ],
    ['IAM', { auth: {} }, { auth: {} }],
    [
      'IAM principals',
      { auth: { iamPrincipals: { a: { tenant: 't', scopes: ['carillon/read'] } } } },
      { auth: { iamPrincipals: { a: { tenant: 't', scopes: ['carillon/read'] } } } },
    ],
    [
      'the handlers and their variables',
      { handlers: 'mine.ts', environment: { MODE: 'x' } },
      { handlers: 'mine.ts', environment: { MODE: 'x' } },
    ],
    ['the retention', { retention: '90d' }, { retention: Duration.millis(7_776_000_000) }],
    ['the default type of failure tasks', { onFailure: 'notify' }, { onFailure: 'notify' }],
    [
      'the default failure task with its input',
      { onFailure: { type: 'http', input: { url: 'https://ops.example.com/failed' } } },
      { onFailure: { type: 'http', input: { url: 'https://ops.example.com/failed' } } },
    ],
    ['the concurrency of the account', { accountConcurrency: 10 }, { accountConcurrency: 10 }],
    ['reserved concurrency', { reservedConcurrency: { api: 9 } }, { reservedConcurrency: { api: 9 } }],
    ['a dashboard', { dashboard: true }, { dashboard: true }],
    [
      'lanes beside those that fit the account',
      { accountConcurrency: 20, lanes: { quick: { functionTimeoutMs: 5_000, maxConcurrency: 2 } } },
      { accountConcurrency: 20, lanes: { ...lanesFor(20), quick: lane('quick', 5_000, { maxConcurrency: 2 }) } },
    ],
    [
      'the limit of a tenant',
      { tenantLimit: { concurrency: 5, rate: { count: 9, per: '1m' } } },
      { tenantLimit: { concurrency: 5, rate: { count: 9, per: '1m' } } },
    ],
    ['the far tasks of a tenant', { tenantFarTasks: 2_000_000 }, { tenantFarTasks: 2_000_000 }],
    ['the throttle', { throttle: { ratePerSecond: 5, burst: 9 } }, { throttle: { ratePerSecond: 5, burst: 9 } }],
    ['that the table is deleted', { removalPolicy: 'destroy' }, { removalPolicy: RemovalPolicy.DESTROY }],
    [
      'lanes in addition to the default lanes',
      { lanes: { quick: { functionTimeoutMs: 5_000, maxConcurrency: 7 } } },
      { lanes: { ...DEFAULT_LANES, quick: lane('quick', 5_000, { maxConcurrency: 7 }) } },
    ],
    [
      'a default lane with other bounds',
      { lanes: { normal: { functionTimeoutMs: 9_000, leaseMs: 30_000 } } },
      { lanes: { ...DEFAULT_LANES, normal: { ...lane('normal', 9_000), leaseMs: 30_000 } } },
    ],
  ])('%s', (_, file, settings) => expect(from({ ...production, ...file })).toEqual({ ...defaults, ...settings }))

  test('resources by their ARNs, which the stack imports', () => {
    const arn = (service: string, name: string) => `arn:aws:${service}:eu-central-1:111122223333:${name}`
    const file = {
      ...production,
      bus: arn('events', 'event-bus/theirs'),
      alarmTopic: arn('sns', 'operations'),
      targets: {
        functions: [arn('lambda', 'function:total')],
        queues: [arn('sqs', 'orders')],
        buses: [arn('events', 'event-bus/other')],
        stateMachines: [arn('states', 'stateMachine:bill')],
      },
    }
    const { stackName, ...settings } = from(file)
    const template = Template.fromStack(new CarillonStack(unbundled(), stackName, settings))
    const text = JSON.stringify(template.toJSON())
    for (const given of [file.bus, file.alarmTopic, ...Object.values(file.targets).flat()]) expect(text).toContain(`"${given}"`)
    template.resourceCountIs('AWS::Events::EventBus', 0)
  })
})

describe('-c', () => {
  test('replaces a setting of the file', () =>
    expect(from({ ...production, retention: '90d' }, { retention: '7d' })).toEqual({
      ...defaults,
      retention: Duration.millis(604_800_000),
    }))

  test('takes an object as JSON, or as it stands in cdk.json', () => {
    const throttle = { ratePerSecond: 5, burst: 9 }
    expect(from(production, { throttle: JSON.stringify(throttle) })).toEqual({ ...defaults, throttle })
    expect(from(production, { throttle })).toEqual({ ...defaults, throttle })
  })
})

describe('settings are rejected with', () => {
  test.each<[string, object, string]>([
    ['no environment', {}, '/environmentId: missing; it must be a string'],
    ['an unknown setting', { retension: '90d' }, '/retension: unknown field'],
    ['a misspelt setting, which a suggestion corrects', { retension: '90d' }, 'Did you mean "retention"?'],
    ['a retention that is no duration', { retention: '90 days' }, '/retention: "90 days"; it must be a whole number with a unit'],
    ['a retention that is a number', { retention: 90 }, '/retention: 90; it must be a string'],
    [
      'only an issuer',
      { auth: { issuer: 'https://x' } },
      '/auth: {"issuer":"https://x"}; it must have issuer and audience for tokens, or iamPrincipals for IAM',
    ],
    [
      'both kinds of authorization',
      { auth: { issuer: 'https://x', audience: ['a'], iamPrincipals: {} } },
      'it must have issuer and audience for tokens, or iamPrincipals for IAM',
    ],
    [
      'one audience that is not in a list',
      { auth: { issuer: 'https://x', audience: 'a' } },
      '/auth/audience: "a"; it must be an array',
    ],
    ['a lane without a timeout', { lanes: { quick: {} } }, '/lanes/quick/functionTimeoutMs: missing; it must be a number'],
    [
      'an unknown bound of a lane',
      { lanes: { quick: { functionTimeoutMs: 5_000, timeout: 1 } } },
      '/lanes/quick/timeout: unknown field',
    ],
    ['an account that is a number', { account: 111122223333 }, '/account: 111122223333; it must be'],
    ['a region that is none', { region: 'Frankfurt' }, '/region: "Frankfurt"; it must be a region, such as "eu-central-1"'],
    ['an unknown removal policy', { removalPolicy: 'keep' }, '/removalPolicy: "keep"; it must be one of "retain", "destroy"'],
    ['a topic by its name', { alarmTopic: 'operations' }, '/alarmTopic: "operations"; it must be the ARN of a topic'],
    [
      'a queue among the functions',
      { targets: { functions: ['arn:aws:sqs:eu-central-1:111122223333:q'] } },
      '/targets/functions/0: "arn:aws:sqs:eu-central-1:111122223333:q"; it must be the ARN of a function',
    ],
  ])('%s', (_, file, words) => {
    const given = 'environmentId' in file || words.startsWith('/environmentId') ? file : { ...production, ...file }
    expect(() => from(given)).toThrow(words)
    expect(() => from(given)).toThrow(join(folder, 'carillon.json'))
  })

  test('a replaced setting that is invalid: the error names the replacement', () =>
    expect(() => from(production, { retention: 'long' })).toThrow(
      'carillon.json with -c retention: /retention: "long"; it must be',
    ))

  test.each([
    ['enviromentId', 'environmentId'],
    ['retension', 'retention'],
    ['setting', 'settings'],
  ])('a misspelt replacement: -c %s', (name, nearest) =>
    expect(() => from(production, { [name]: 'x' })).toThrow(`-c ${name}: unknown setting. Did you mean ${nearest}?`),
  )

  test('no context of the CDK is taken for a misspelt setting', () => {
    const { context } = JSON.parse(readFileSync('cdk.json', 'utf8'))
    expect(from(production, { ...context, 'aws:cdk:bundling-stacks': [], 'acknowledged-issue-numbers': [1] })).toEqual(defaults)
  })

  test('a replacement that is not JSON', () =>
    expect(() => from(production, { throttle: '{burst: 9}' })).toThrow('-c throttle is not JSON: at offset 1 (line 1, column 2)'))

  test.each([
    ['[]', ': []; it must be an object such as {"environmentId": "production"}'],
    ['{"environmentId": "production",}', ' is not JSON: at offset 31 (line 1, column 32) "}" is unexpected'],
    ['{"auth": {}, "environmentId": "a", "environmentId": "b"}', ': /environmentId: '],
    ['', ' is not JSON: at offset 0 (line 1, column 1) the text ends too early'],
  ])('the file %s', (text, words) => {
    const { node } = new App({ context: { settings: written(text) } })
    expect(() => readSettings(node)).toThrow(`${join(folder, 'carillon.json')}${words}`)
  })

  test('no file: there are no settings without one, so that an update cannot forget it', () =>
    expect(() => readSettings(new App({ context: { settings: 'no/such.json' } }).node)).toThrow(
      'no/such.json: the settings cannot be read; create it, as in carillon.example.json, or name another file with -c settings=FILE',
    ))
})

test('the settings of the README are valid', () => {
  const [, text = ''] = /^```json settings\n([\s\S]*?)^```$/m.exec(readFileSync('README.md', 'utf8')) ?? []
  expect(from(JSON.parse(text))).toMatchObject({ environmentId: 'production', env: { region: 'eu-central-1' } })
})

test('the example file has every kind of setting, and its stack can be made', () => {
  const { stackName, ...settings } = readSettings(new App({ context: { settings: 'carillon.example.json' } }).node)
  const names = Object.keys(JSON.parse(readFileSync('carillon.example.json', 'utf8')))
  expect(names).toEqual(expect.arrayContaining(['environmentId', 'region', 'auth', 'retention', 'lanes', 'targets']))
  expect(() => new CarillonStack(unbundled(), stackName, settings)).not.toThrow()
})
