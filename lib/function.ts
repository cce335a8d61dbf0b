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

/** The settings that differ between functions. All other settings are the same for every function. */
export type FunctionProps = {
  /** The name of its file in `functions/`. */
  readonly step: Step
  readonly memoryMb: number
  readonly timeoutMs: number
  /** Executions that are kept for this function and bound it. @default none: it shares the unreserved ones of the account */
  readonly reservedConcurrency?: number | undefined
  /** Its environment variables, apart from those of the handlers and of Powertools. */
  readonly env: Partial<Env> & Pick<Env, 'environmentId'>
  /** The module of the task types, for the steps that use task types. */
  readonly handlers?: Handlers
}

/** The module that exports the task types, and the environment variables that it reads. */
export type Handlers = { readonly path: string; readonly environment: Readonly<Record<string, string>> }

const ROOT = resolve(import.meta.dirname, '..')

/** The task types of this repository: the built-in ones and the examples. */
const DEFAULT_HANDLERS = resolve(ROOT, 'handlers/index.ts')

/** The function of one step, with its own role and log group. Its role allows logs and traces only; other grants are added later. */
export const functionFor = (scope: Construct, id: string, props: FunctionProps): NodejsFunction => {
  const { step, memoryMb, timeoutMs, env } = props
  // The default role of CDK has a managed policy that allows writing to every log group of the account.
  const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') })
  const logGroup = new LogGroup(scope, `${id}Logs`, {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  })
  logGroup.grantWrite(role)
  const environment = {
    ...props.handlers?.environment,
    POWERTOOLS_SERVICE_NAME: `carillon-${step}`,
    POWERTOOLS_METRICS_NAMESPACE: metricsNamespace(env.environmentId),
    ...writeEnv(env),
  }
  assertEnvironmentSize(scope, environment)
  const lambda = new NodejsFunction(scope, id, {
    entry: resolve(ROOT, `functions/${step}.ts`),
    projectRoot: ROOT,
    depsLockFilePath: resolve(ROOT, 'package-lock.json'),
    runtime: Runtime.NODEJS_24_X,
    architecture: Architecture.ARM_64,
    memorySize: memoryMb,
    timeout: Duration.millis(timeoutMs),
    ...(props.reservedConcurrency === undefined ? {} : { reservedConcurrentExecutions: props.reservedConcurrency }),
    role,
    logGroup,
    tracing: Tracing.ACTIVE,
    bundling: bundling(props.handlers?.path),
    environment,
  })
  acknowledge(lambda)
  return lambda
}

/** The CloudWatch namespace of a deployment's metrics. Each environment has its own, so that their metrics stay separate. */
export const metricsNamespace = (environmentId: string): string => `Carillon/${environmentId}`

/**
 * The handlers module at a path, with its environment variables.
 *
 * @param path relative to the working directory; the task types of this repository when absent
 * @throws TypeError when the file does not exist, or when the name of a variable is invalid or reserved
 */
export const handlersAt = (path: string | undefined, environment: Handlers['environment'] = {}): Handlers => {
  for (const name of Object.keys(environment)) {
    if (!/^[A-Za-z][A-Za-z0-9_]*$/.test(name) || RESERVED.test(name) || (Object.values(VARIABLES) as string[]).includes(name))
      throw new TypeError(
        `environment must have names of letters, digits and underscores that are not reserved, got ${JSON.stringify(name)}`,
      )
  }
  return { path: path === undefined ? DEFAULT_HANDLERS : handlersPath(path), environment }
}

/** Prefixes of AWS and of Powertools. The names in `VARIABLES` are reserved too. */
const RESERVED = /^(AWS|LAMBDA|POWERTOOLS)_/

const handlersPath = (path: string): string => {
  const file = resolve(path)
  if (!existsSync(file))
    throw new TypeError(`handlers must be the path of a module that exports types, got ${path}: there is no such file`)
  return file
}

/**
 * One file per function with all its code, for a fast cold start. The choices were measured on this code with
 * `bench/bundles.ts`. CommonJS loads in about three quarters of the time of ES modules. The bundled SDK loads faster than the
 * SDK of the runtime, which consists of hundreds of files. Whitespace and syntax are minified, names are not, so that stack
 * traces are readable. A source map or esbuild's `keepNames` would each add 20 ms to every cold start.
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

const acknowledge = (lambda: NodejsFunction): void => {
  acknowledgeWildcard(lambda, '*', 'The two write actions of X-Ray do not support resource-level permissions.')
  Validations.of(lambda).acknowledge({
    id: 'Serverless-LambdaDLQ',
    reason:
      'The dead-letter queue of a function applies to asynchronous invocations only. These functions are invoked by event source mappings, whose failures go to the dead-letter queue of the source, by API Gateway, or by a schedule whose next run repeats the work.',
  })
}

/**
 * Checks the environment variables against Lambda's limit at synthesis, where the error can name the largest variables. Lambda
 * itself would reject them in the middle of a deployment. A value that only CloudFormation can resolve counts with its longest form.
 *
 * @throws TypeError when the variables are too large
 */
const assertEnvironmentSize = (scope: Construct, variables: Readonly<Record<string, string>>): void => {
  const resolved: Readonly<Record<string, Part>> = Stack.of(scope).resolve(variables)
  const sizes = Object.entries(resolved).map(([name, value]) => ({ name, bytes: Buffer.byteLength(name) + maxBytes(value) }))
  const bytes = sizes.reduce((sum, one) => sum + one.bytes, 0)
  if (bytes <= LIMITS.environmentBytes) return
  const largest = sizes.toSorted((a, b) => b.bytes - a.bytes).slice(0, 3)
  throw new TypeError(
    `the environment variables of ${scope.node.path} must be at most ${LIMITS.environmentBytes} bytes, got up to ${bytes}; ` +
      `the largest are ${largest.map((one) => `${one.name} (${one.bytes})`).join(', ')}: ` +
      "shorten the handlers' own variables, or use fewer lanes or shorter lane names",
  )
}

type Part = string | { readonly 'Fn::Join': readonly [string, readonly Part[]] } | { readonly [reference: string]: unknown }

const maxBytes = (part: Part): number => {
  if (typeof part === 'string') return Buffer.byteLength(part)
  if ('Fn::Join' in part) {
    const [separator, parts] = part['Fn::Join'] as readonly [string, readonly Part[]]
    return parts.reduce((sum, one) => sum + maxBytes(one), separator.length * (parts.length - 1))
  }
  return REFERENCE_BYTES
}

/** A queue URL in the region with the longest name: 57 bytes, and 80 for the queue's name. ARNs and other names are shorter. */
const REFERENCE_BYTES = 137
