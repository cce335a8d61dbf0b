import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { Duration, RemovalPolicy, Stack, Validations } from 'aws-cdk-lib'
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import { Architecture, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda'
import { LogLevel, NodejsFunction, OutputFormat } from 'aws-cdk-lib/aws-lambda-nodejs'
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs'
import type { Construct } from 'constructs'
import { LIMITS } from '../core/limits.ts'
import type { Step } from '../engine/needs.ts'
import { type Env, VARIABLES, writeEnv } from '../worlds/aws/env.ts'
import { acknowledgeWildcard } from './acknowledge.ts'

/** What distinguishes one function from another; all else is the same for every one. */
export type FunctionProps = {
  /** Which file of `functions/` it runs. */
  readonly step: Step
  readonly memoryMb: number
  readonly timeoutMs: number
  /** What it is told through environment variables. */
  readonly env: Partial<Env> & Pick<Env, 'environmentId'>
  /** The task types, for the steps that need them. */
  readonly handlers?: Handlers
}

/** The module that exports the task types, and the environment variables that it reads. */
export type Handlers = { readonly path: string; readonly environment: Readonly<Record<string, string>> }

const ROOT = resolve(import.meta.dirname, '..')

/** The task types of this repository: the built-in ones and the examples. */
const DEFAULT_HANDLERS = resolve(ROOT, 'handlers/index.ts')

/** The function of one step, with a role and a log group of its own. It may do nothing yet but write its logs and traces. */
export const functionFor = (scope: Construct, id: string, props: FunctionProps): NodejsFunction => {
  const { step, memoryMb, timeoutMs, env } = props
  // The managed policy that CDK would attach lets a function write to every log group of the account.
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  logGroup.grantWrite(role)
  const made = new NodejsFunction(scope, id, {
    entry: resolve(ROOT, `functions/${step}.ts`),
    projectRoot: ROOT,
    depsLockFilePath: resolve(ROOT, 'package-lock.json'),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: memoryMb,
    timeout: Duration.millis(timeoutMs),
    role,
    logGroup,
    tracing: Tracing.ACTIVE,
    bundling: bundling(props.handlers?.path),
    environment: fittingEnvironment(scope, {
      ...props.handlers?.environment,
      POWERTOOLS_SERVICE_NAME: `carillon-${step}`,
      POWERTOOLS_METRICS_NAMESPACE: metricsNamespace(env.environmentId),
      ...writeEnv(env),
    }),
  })
  acknowledge(made)
  return made
}

/** The CloudWatch namespace of a deployment's own metrics: one for each environment, so that two never mix. */
export const metricsNamespace = (environmentId: string): string => `Carillon/${environmentId}`

/**
 * A handlers module by its path, with what it is told.
 *
 * @throws TypeError when there is no such file, or a variable has a name that is taken
 */
export const handlersAt = (path: string | undefined, environment: Handlers['environment'] = {}): Handlers => {
  for (const name of Object.keys(environment)) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || TAKEN.test(name) || (Object.values(VARIABLES) as string[]).includes(name))
      throw new TypeError(`environment must have names of its own (letters, digits, underscores), got ${JSON.stringify(name)}`)
  }
  return { path: path === undefined ? DEFAULT_HANDLERS : handlersPath(path), environment }
}

/** What the functions are told by AWS, by Powertools and by us. */
const TAKEN = /^(AWS|LAMBDA|POWERTOOLS)_/

const handlersPath = (path: string): string => {
  const file = resolve(path)
  if (!existsSync(file))
    throw new TypeError(`handlers must be the path of a module that exports types, got ${path}: there is no such file`)
  return file
}

/**
 * One file per function with everything in it, made for a fast cold start as measured on this code (`bench/bundles.ts`
 * measures what comes of it): CommonJS imports in about three quarters of the time of ES modules, and the bundled SDK is
 * quicker than the runtime's, which is read from hundreds of files. Blanks and syntax are minified and names are not:
 * stacks can be read without a source map, which costs each cold start 20 ms once it is on, or esbuild's kept names,
 * which cost as much.
 */
const bundling = (handlers = DEFAULT_HANDLERS) => ({
  format: OutputFormat.CJS,
  target: 'node24',
  mainFields: ['module', 'main'],
  externalModules: [],
  sourceMap: false,
  logLevel: LogLevel.ERROR,
  forceDockerBundling: false,
  esbuildArgs: { '--minify-syntax': true, '--minify-whitespace': true, '--alias:#handlers': handlers },
})

const acknowledge = (made: NodejsFunction): void => {
  acknowledgeWildcard(made, '*', 'X-Ray takes segments for no particular resource: its two write actions allow none to be named.')
  Validations.of(made).acknowledge({
    id: 'Serverless-LambdaDLQ',
    reason:
      'A function dead-letter queue serves asynchronous invocations. These functions are called by mappings, whose failures go to the queues of their sources, by API Gateway, or by a schedule that has its own.',
  })
}

/**
 * Environment variables that fit into what Lambda gives them. Too many are refused here, where it can be said whose they are, and
 * not in the middle of a deployment. What CloudFormation is still to name is counted with the most that it can have.
 *
 * @throws TypeError when they are too many
 */
export const fittingEnvironment = (scope: Construct, variables: Readonly<Record<string, string>>): Record<string, string> => {
  const shown: Readonly<Record<string, Part>> = Stack.of(scope).resolve(variables)
  const sizes = Object.entries(shown).map(([name, value]) => ({ name, bytes: Buffer.byteLength(name) + most(value) }))
  const bytes = sizes.reduce((sum, one) => sum + one.bytes, 0)
  if (bytes > LIMITS.environmentBytes) {
    const largest = sizes.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3)
    throw new TypeError(
      `the environment variables of ${scope.node.path} must be at most ${LIMITS.environmentBytes} bytes, got up to ${bytes}; ` +
        `the largest are ${largest.map((one) => `${one.name} (${one.bytes})`).join(', ')}: ` +
        'give the handlers fewer of their own, or have fewer lanes or shorter names of them',
    )
  }
  return { ...variables }
}

type Part = string | { readonly 'Fn::Join': readonly [string, readonly Part[]] } | { readonly [reference: string]: unknown }

const most = (part: Part): number => {
  if (typeof part === 'string') return Buffer.byteLength(part)
  if ('Fn::Join' in part) {
    const [between, parts] = part['Fn::Join'] as readonly [string, readonly Part[]]
    return parts.reduce((sum, one) => sum + most(one), between.length * (parts.length - 1))
  }
  return REFERENCE_BYTES
}

/** A queue's URL in the region with the longest name: 57 bytes, and 80 of the queue's own. ARNs and other names are shorter. */
const REFERENCE_BYTES = 137
