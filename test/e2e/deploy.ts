import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Lanes } from '../../core/lanes.ts'
import { type Emulator, REGION } from './emulator.ts'
import { AUDIENCE } from './issuer.ts'
import { run } from './programs.ts'

const REPO = join(import.meta.dirname, '../..')
const CDK = join(REPO, 'node_modules/.bin/cdk')
/** The account of ministack. */
export const ACCOUNT = '000000000000'

/** The stack's outputs, by name. */
export type Outputs = Readonly<Record<string, string>>

/** The deployment: the real app with the handlers and the lanes of this test. */
export type Deployment = { readonly scratch: string; readonly issuer: string; readonly lanes: Lanes }

/** Prepares the account for the CDK. */
export const bootstrap = (emulator: Emulator, deployment: Deployment): Promise<void> =>
  cdk(emulator, deployment, 'bootstrap.log', ['bootstrap', `aws://${ACCOUNT}/${REGION}`])

/** Deploys the app. Returns the outputs of the stack and the output of the CDK. */
export const deploy = async (
  emulator: Emulator,
  deployment: Deployment,
  name: string,
): Promise<{ readonly outputs: Outputs; readonly log: string }> => {
  const outputsFile = join(deployment.scratch, `${name}.outputs.json`)
  await cdk(emulator, deployment, `${name}.log`, [
    'deploy',
    '--all',
    '--require-approval=never',
    '--progress=events',
    `--outputs-file=${outputsFile}`,
  ])
  const stacks = Object.values(JSON.parse(readFileSync(outputsFile, 'utf8')) as Record<string, Outputs>)
  return { outputs: Object.assign({}, ...stacks) as Outputs, log: readFileSync(join(deployment.scratch, `${name}.log`), 'utf8') }
}

const cdk = (
  { env }: Emulator,
  { scratch, issuer, lanes }: Deployment,
  logFile: string,
  args: readonly string[],
): Promise<void> => {
  const context = {
    issuer,
    audience: AUDIENCE,
    environmentId: 'e2e',
    handlers: 'test/e2e/handlers.ts',
    lanes: JSON.stringify(lanes),
  }
  const flags = Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`])
  return run(CDK, [...args, `--output=${join(scratch, 'cdk.out')}`, ...flags], {
    env: { ...env, CI: '1' },
    cwd: REPO,
    logFile: join(scratch, logFile),
  })
}
