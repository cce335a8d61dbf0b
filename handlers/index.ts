import type { TaskType } from '../core/define.ts'
import type { BusinessCentral } from './business-central/admin.ts'
import { copyProductionToSandbox } from './business-central/copy-production-to-sandbox.ts'
import { setEnvironmentUpdateDate } from './business-central/set-environment-update-date.ts'
import { eventbridge } from './eventbridge.ts'
import { ALLOWANCES, type Allow } from './http/target.ts'
import { httpTask } from './http.ts'
import { lambda } from './lambda.ts'
import { sqs } from './sqs.ts'
import { stepfunctions } from './stepfunctions.ts'

export type { BusinessCentral } from './business-central/admin.ts'
export type { Allow } from './http/target.ts'
export { copyProductionToSandbox, eventbridge, httpTask, lambda, setEnvironmentUpdateDate, sqs, stepfunctions }

/** The environment variables of the handlers. */
export type HandlerEnvironment = {
  /** `CARILLON_HTTP_ALLOW`: the addresses that HTTP calls may use. @default 'public' */
  readonly allow: Allow
  /** `CARILLON_BC_URL`: the URL of the Business Central admin center API with its version. */
  readonly businessCentralUrl: string
  /** `CARILLON_BC_TOKEN`: the bearer token for that API. All tenants share it, so it suits a deployment for one organisation. */
  readonly businessCentralToken?: string
}

/** Source: Business Central administration center API. */
const BUSINESS_CENTRAL_URL = 'https://api.businesscentral.dynamics.com/admin/v2.28'

/**
 * Reads the environment variables of the handlers. No other file in this folder reads any.
 *
 * @throws TypeError if `CARILLON_HTTP_ALLOW` is not in `ALLOWANCES`, or `CARILLON_BC_URL` is not a URL: at the start, not at the first task
 */
export const readEnvironment = (env: Readonly<Record<string, string | undefined>>): HandlerEnvironment => {
  const allow = ALLOWANCES.find((each) => each === (env.CARILLON_HTTP_ALLOW || 'public'))
  if (!allow)
    throw new TypeError(`CARILLON_HTTP_ALLOW is "${env.CARILLON_HTTP_ALLOW}"; it must be one of ${ALLOWANCES.join(', ')}`)
  const businessCentralUrl = env.CARILLON_BC_URL || BUSINESS_CENTRAL_URL
  if (!URL.canParse(businessCentralUrl))
    throw new TypeError(`CARILLON_BC_URL is "${businessCentralUrl}"; it must be a URL such as ${BUSINESS_CENTRAL_URL}`)
  const token = env.CARILLON_BC_TOKEN
  return { allow, businessCentralUrl, ...(token ? { businessCentralToken: token } : {}) }
}

/** Options of the built-in task types. */
export type BuiltInOptions = {
  /** The addresses that HTTP calls may use: `public`, `loopback` (public and this machine) or `any`. @default CARILLON_HTTP_ALLOW, or `public` */
  readonly allow?: Allow
  /** The URL of the Business Central admin center API and the token of each tenant. @default CARILLON_BC_URL and CARILLON_BC_TOKEN */
  readonly businessCentral?: Pick<BusinessCentral, 'baseUrl' | 'token'>
}

/**
 * The built-in task types and the two examples.
 *
 * @throws TypeError if an environment variable of the handlers is invalid
 * @example const registry = registryOf([...builtIn({ allow: 'loopback' }), greet])
 */
export const builtIn = (options: BuiltInOptions = {}): readonly TaskType[] => {
  const environment = readEnvironment(process.env)
  const reach = { allow: options.allow ?? environment.allow }
  const businessCentral = {
    baseUrl: environment.businessCentralUrl,
    token: () => environment.businessCentralToken,
    ...options.businessCentral,
    reach,
  }
  return [
    httpTask(reach),
    lambda,
    sqs,
    eventbridge,
    stepfunctions,
    setEnvironmentUpdateDate(businessCentral),
    copyProductionToSandbox(businessCentral),
  ]
}

/** The built-in task types, configured by environment variables. */
export const types: readonly TaskType[] = builtIn()
