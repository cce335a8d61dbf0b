import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Emulator, REGION } from './emulator.ts'
import { AUDIENCE } from './issuer.ts'
import { LANES } from './lanes.ts'
import { run } from './programs.ts'

const REPO = join(import.meta.dirname, '../..')
const CDK = join(REPO, 'node_modules/.bin/cdk')
/** The account of ministack. */
export const ACCOUNT = '000000000000'

/** The stack's outputs, by name. */
export type Outputs = Readonly<Record<string, string>>

/** A deployment: the real app with these settings. Its files and logs are in a folder of its own, so that several can run at once. */
export type Deployment = { readonly folder: string; readonly settings: Readonly<Record<string, unknown>> }

/** The deployment of a stack with the handlers and the lanes of this test. */
export const deploymentOf = (scratch: string, issuer: string, stackName: string): Deployment => {
  const folder = join(scratch, stackName)
  mkdirSync(folder)
  const lanes = Object.fromEntries(Object.entries(LANES).map(([name, { name: _, ...bounds }]) => [name, bounds]))
  const auth = { issuer, audience: [AUDIENCE] }
  return { folder, settings: { stackName, environmentId: stackName, auth, handlers: 'test/e2e/handlers.ts', lanes } }
}

/** Prepares the account for the CDK. */
export const bootstrap = async (emulator: Emulator, deployment: Deployment): Promise<void> => {
  await cdk(emulator, deployment, 'bootstrap', [`aws://${ACCOUNT}/${REGION}`])
}

/** `parameters` confirm a change of a setting. `again` takes what the last command has synthesised, which saves its time. */
type Options = { readonly parameters?: readonly string[]; readonly again?: true }

/** Deploys the app. Returns the outputs of the stack and the output of the CDK. */
export const deploy = async (
  emulator: Emulator,
  deployment: Deployment,
  { parameters = [], again }: Options = {},
): Promise<{ readonly outputs: Outputs; readonly log: string }> => {
  const outputsFile = join(deployment.folder, 'outputs.json')
  const log = await cdk(emulator, deployment, 'deploy', [
    '--all',
    '--require-approval=never',
    '--progress=events',
    `--outputs-file=${outputsFile}`,
    ...parameters.flatMap((parameter) => ['--parameters', parameter]),
    ...(again ? ['--app', outputOf(deployment)] : []),
  ])
  const stacks = Object.values(JSON.parse(readFileSync(outputsFile, 'utf8')) as Record<string, Outputs>)
  return { outputs: Object.assign({}, ...stacks) as Outputs, log }
}

/**
 * Synthesises the app with one resource more, whose creation fails when all others are created, and deploys it. The template
 * is edited after the synthesis, so it gets another key in the bucket of the CDK.
 *
 * @throws the failure of the deployment
 */
export const deployBroken = async (emulator: Emulator, deployment: Deployment): Promise<void> => {
  await cdk(emulator, deployment, 'synth', ['--quiet'])
  const { stackName } = deployment.settings as { readonly stackName: string }
  const fileOf = (name: string) => join(outputOf(deployment), name)
  const template = JSON.parse(readFileSync(fileOf(`${stackName}.template.json`), 'utf8')) as {
    Resources: Record<string, Resource>
  }
  const others = Object.keys(template.Resources).filter((id) => template.Resources[id]?.Type !== 'AWS::CDK::Metadata')
  const Properties = { TargetFunctionArn: 'missing', AuthType: 'AWS_IAM' }
  template.Resources.Broken = { Type: 'AWS::Lambda::Url', DependsOn: others, Properties }
  writeFileSync(fileOf(`${stackName}.template.json`), JSON.stringify(template))
  const assets = readFileSync(fileOf(`${stackName}.assets.json`), 'utf8')
  const files = (JSON.parse(assets) as { files: Record<string, { source: { path: string } }> }).files
  const [hash = ''] = Object.entries(files).find(([, { source }]) => source.path === `${stackName}.template.json`) ?? []
  const another = hash.split('').reverse().join('')
  for (const name of [`${stackName}.assets.json`, 'manifest.json'])
    writeFileSync(fileOf(name), readFileSync(fileOf(name), 'utf8').replaceAll(hash, another))
  await deploy(emulator, deployment, { again: true })
}

type Resource = { readonly Type: string; readonly DependsOn?: readonly string[]; readonly Properties?: object }

/** Deletes the stack, as the last command has synthesised it. */
export const destroy = async (emulator: Emulator, deployment: Deployment): Promise<void> => {
  await cdk(emulator, deployment, 'destroy', ['--all', '--force', '--app', outputOf(deployment)])
}

/** The folder of what the CDK synthesises. */
const outputOf = ({ folder }: Deployment): string => join(folder, 'cdk.out')

/** The number of programs that have been started, for the names of their logs. */
let started = 0

const cdk = async ({ env }: Emulator, deployment: Deployment, command: string, args: readonly string[]): Promise<string> => {
  const { folder, settings } = deployment
  const file = join(folder, 'carillon.json')
  writeFileSync(file, JSON.stringify(settings))
  started += 1
  const logFile = join(folder, `${started}-${command}.log`)
  const synthesis = args.includes('--app') ? [] : [`--output=${outputOf(deployment)}`, '--context', `settings=${file}`]
  await run(CDK, [command, ...args, ...synthesis], { env: { ...env, CI: '1' }, cwd: REPO, logFile })
  return readFileSync(logFile, 'utf8')
}
