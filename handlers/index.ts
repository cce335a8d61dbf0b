import type { TaskType } from '../core/define.ts'
import type { BusinessCentral } from './business-central/admin.ts'
import { copyProductionToSandbox } from './business-central/copyProductionToSandbox.ts'
import { setEnvironmentUpdateDate } from './business-central/setEnvironmentUpdateDate.ts'
import { readEnvironment } from './environment.ts'
import { eventbridge } from './eventbridge.ts'
import type { Allow } from './http/address.ts'
import { httpTask } from './http.ts'
import { lambda } from './lambda.ts'
import { sqs } from './sqs.ts'
import { stepfunctions } from './stepfunctions.ts'

export type { BusinessCentral } from './business-central/admin.ts'
export type { Allow } from './http/address.ts'
export { copyProductionToSandbox, eventbridge, httpTask, lambda, setEnvironmentUpdateDate, sqs, stepfunctions }

/** What a deployment may say about the built-in task types. */
export type BuiltInOptions = {
  /** How far HTTP calls may reach: `public`, `loopback` (also this machine) or `any`. @default CARILLON_HTTP_ALLOW, or `public` */
  readonly allow?: Allow
  /** Where the Business Central admin center API is, and the token for each tenant. @default CARILLON_BC_URL and CARILLON_BC_TOKEN */
  readonly businessCentral?: Pick<BusinessCentral, 'baseUrl' | 'token'>
}

/**
 * The built-in task types and the two examples.
 *
 * @throws TypeError when an environment variable of the handlers cannot be read
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

/** The built-in task types as the environment variables configure them. */
export const types: readonly TaskType[] = builtIn()
