import { readFileSync } from 'node:fs'
import { Duration, type Environment, RemovalPolicy } from 'aws-cdk-lib'
import type { Node } from 'constructs'
import * as z from 'zod'
import { defined } from '../core/defined.ts'
import { DEFAULT_LANES, type Lane, type Lanes, lane } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import { durationField } from '../core/reading/fields.ts'
import { readJson } from '../core/reading/json.ts'
import { show } from '../core/reading/messages.ts'
import { onFailureField } from '../core/reading/on-failure.ts'
import { read } from '../core/reading/read.ts'
import { suggest } from '../core/reading/suggest.ts'
import { isRefusal } from '../core/refusal.ts'
import type { OnFailure } from '../worlds/aws/env.ts'
import type { Auth } from './auth.ts'
import type { CarillonProps } from './carillon.ts'
import { lanesFor } from './concurrency.ts'
import type { ImportedResources } from './stack.ts'

/** What `bin/app.ts` deploys: the name of the stack, its account and region, and the properties of the construct. */
export type Settings = Omit<CarillonProps, 'bus' | 'alarmTopic' | 'targets'> & {
  readonly stackName: string
  readonly env: Environment
  readonly resources: ImportedResources
}

/** The file of the settings, if `-c settings=FILE` names no other. */
const FILE = 'carillon.json'

/**
 * Reads the settings of a deployment from the file `carillon.json` beside `cdk.json`. `-c settings=FILE` names another file, and
 * `-c NAME=VALUE` (or the `context` of `cdk.json`) replaces one setting; an object or a list is written as JSON. There are no
 * settings without a file, so that an update cannot forget it.
 *
 * @throws TypeError when there is no file, or when a setting is invalid: with the file, the JSON pointer, the value and what is right
 * @example readSettings(app.node) // { stackName: 'Carillon', environmentId: 'production', env: { region: 'eu-central-1' }, … }
 */
export const readSettings = (node: Node): Settings => {
  const file: unknown = node.tryGetContext('settings') ?? FILE
  if (typeof file !== 'string') throw new TypeError(`context settings must be the path of a file, got ${show(file)}`)
  for (const name of Object.keys(node.getAllContext())) refuseMisspelt(name)
  const names = Object.keys(shape).filter((name) => node.tryGetContext(name) !== undefined)
  const replaced = Object.fromEntries(names.map((name) => [name, contextValue(name, node.tryGetContext(name))]))
  const settings = read(schema, { ...fileAt(file), ...replaced })
  if (!isRefusal(settings)) return settings.value
  const origin = [file, ...names.map((name) => `-c ${name}`)].join(' with ')
  throw new TypeError(`${origin}: ${settings.message}`)
}

/** The context has names of the CDK and of users too, so only a name that is nearly a setting is taken for a mistake. */
const refuseMisspelt = (name: string): void => {
  const known = [...Object.keys(shape), 'settings']
  const [nearest] = known.includes(name) ? [] : suggest(name, known)
  if (nearest) throw new TypeError(`-c ${name}: unknown setting. Did you mean ${nearest}?`)
}

const fileAt = (file: string): object => {
  const json = jsonIn(file, textOf(file))
  if (typeof json === 'object' && json !== null && !Array.isArray(json)) return json
  throw new TypeError(`${file}: ${show(json)}; it must be an object such as {"environmentId": "production"}`)
}

const textOf = (file: string): string => {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const remedy = 'create it, as in carillon.example.json, or name another file with -c settings=FILE'
    throw new TypeError(`${file}: the settings cannot be read; ${remedy}`, { cause })
  }
}

const jsonIn = (where: string, text: string): unknown => {
  const result = readJson(text, where)
  if (!isRefusal(result)) return result.json
  const { message } = result
  throw new TypeError(message.startsWith(where) ? message : `${where}: ${message}`)
}

/** The command line gives text. `cdk.json` can give any JSON. */
const contextValue = (name: string, value: unknown): unknown =>
  typeof value === 'string' && /^\s*[[{]/.test(value) ? jsonIn(`-c ${name}`, value) : value

const matching = (pattern: RegExp, form: string) =>
  z.string().regex(pattern, { error: ({ input }) => `${show(input)}; it must be ${form}` })

const arn = (service: string, example: string) =>
  matching(
    new RegExp(`^arn:[^:]+:${service}:.+`),
    `the ARN of ${example}, such as "arn:aws:${service}:eu-central-1:111122223333:…"`,
  )

const authField = z
  .strictObject({
    issuer: z.string().optional(),
    audience: z.array(z.string()).optional(),
    iamPrincipals: z.record(z.string(), z.strictObject({ tenant: z.string(), scopes: z.array(z.string()) })).optional(),
  })
  .transform(({ issuer, audience, iamPrincipals }, context): Auth => {
    if (issuer !== undefined && audience !== undefined && !iamPrincipals) return { issuer, audience }
    if (issuer === undefined && audience === undefined) return defined({ iamPrincipals })
    const message = `${show({ issuer, audience, iamPrincipals })}; it must have issuer and audience for tokens, or iamPrincipals for IAM`
    context.addIssue({ code: 'custom', message, input: issuer })
    return z.NEVER
  })

const bound = z.int().positive()

const laneFields = {
  functionTimeoutMs: bound,
  handlerTimeoutMs: bound.optional(),
  leaseMs: bound.optional(),
  visibilityMs: bound.optional(),
  memoryMb: bound.optional(),
  maxConcurrency: bound.optional(),
  batchCount: bound.optional(),
} satisfies Readonly<Record<keyof Omit<Lane, 'name'>, z.ZodType>>

/** These lanes are added to the default lanes, or replace them. */
const lanesField = z
  .record(z.string(), z.strictObject(laneFields))
  .transform(
    (lanes): Lanes =>
      Object.fromEntries(
        Object.entries(lanes).map(([name, { functionTimeoutMs, ...more }]) => [
          name,
          { ...lane(name, functionTimeoutMs), ...defined(more) },
        ]),
      ),
  )

/** The default lanes that fit the account, with the lanes of the settings. */
const lanesWith = (given: Lanes, accountConcurrency: number | undefined): Lanes => ({
  ...(accountConcurrency === undefined ? DEFAULT_LANES : lanesFor(accountConcurrency)),
  ...given,
})

/** The fields of a limit, as they are written. */
const limitField = z
  .strictObject({
    concurrency: z.int().optional(),
    rate: z.strictObject({ count: z.int(), per: z.string() }).optional(),
  })
  .transform(({ concurrency, rate }) => defined({ concurrency, rate }))

const REMOVAL = { retain: RemovalPolicy.RETAIN, destroy: RemovalPolicy.DESTROY } as const

const targetsField = z.strictObject({
  functions: z.array(arn('lambda', 'a function')).default([]),
  queues: z.array(arn('sqs', 'a queue')).default([]),
  buses: z.array(arn('events', 'an event bus')).default([]),
  stateMachines: z.array(arn('states', 'a state machine')).default([]),
})

/** The construct's properties, as JSON. The construct itself checks their bounds. */
const properties = {
  environmentId: z.string(),
  auth: authField.optional(),
  handlers: z.string().optional(),
  environment: z.record(z.string(), z.string()).optional(),
  retention: durationField(1, LIMITS.horizonMs)
    .transform((ms) => Duration.millis(ms))
    .optional(),
  onFailure: onFailureField.transform((written) => written as OnFailure).optional(),
  lanes: lanesField.optional(),
  accountConcurrency: bound.optional(),
  reservedConcurrency: z
    .strictObject({ api: bound.optional(), relay: bound.optional(), control: bound.optional() })
    .transform((reserved) => defined(reserved))
    .optional(),
  tenantLimit: limitField.optional(),
  tenantFarTasks: bound.optional(),
  throttle: z.strictObject({ ratePerSecond: bound, burst: bound }).optional(),
  removalPolicy: z
    .enum(['retain', 'destroy'])
    .transform((name) => REMOVAL[name])
    .optional(),
  dashboard: z.boolean().optional(),
  bus: arn('events', 'an event bus').optional(),
  alarmTopic: arn('sns', 'a topic').optional(),
  targets: targetsField.optional(),
} satisfies Readonly<Record<keyof CarillonProps, z.ZodType>>

const shape = {
  stackName: z.string().default('Carillon'),
  account: matching(/^\d{12}$/, 'an account of 12 digits, as a string').optional(),
  region: matching(/^[a-z]{2}(-[a-z]+)+-\d$/, 'a region, such as "eu-central-1"').optional(),
  ...properties,
}

const schema = z.strictObject(shape).transform(
  ({ stackName, environmentId, account, region, bus, alarmTopic, targets, lanes, ...props }): Settings => ({
    stackName,
    environmentId,
    env: defined({ account, region }),
    resources: defined({ bus, alarmTopic, targets }),
    ...(lanes ? { lanes: lanesWith(lanes, props.accountConcurrency) } : {}),
    ...defined(props),
  }),
)
