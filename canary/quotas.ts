import {
  ListAWSDefaultServiceQuotasCommand,
  ListServiceQuotasCommand,
  type ServiceQuota,
  type ServiceQuotasClient,
} from '@aws-sdk/client-service-quotas'
import { LIMITS } from '../core/define.ts'

/** What a deployment needs of the quotas of its account: the settings of `carillon.json`, or their defaults. */
export type Needed = {
  /** `accountConcurrency` */
  readonly concurrency: number
  /** `throttle.ratePerSecond` */
  readonly apiRate: number
  /** `tenantFarTasks` */
  readonly farTasks: number
}

/** A quota of the account, what Carillon assumes about it, and whether that is so. */
type Quota = {
  readonly service: string
  /** Its name in Service Quotas; compared without case, because AWS adds words such as "in transactions per second". */
  readonly name: RegExp
  /** Where the assumption is stated, and what follows from the value. */
  readonly judge: (value: number, needed: Needed) => { readonly holds: boolean; readonly says: string }
}

const number = (value: number): string => value.toLocaleString('en')
const atLeast = (value: number, wanted: number, setting: string) => ({
  holds: value >= wanted,
  says: `${setting} is ${number(wanted)}`,
})

/** Every quota of an account that Carillon assumes. Each has a line in docs/operating.md. */
export const quotas: readonly Quota[] = [
  {
    service: 'lambda',
    name: /^concurrent executions/i,
    judge: (value, { concurrency }) => atLeast(value, concurrency, '`accountConcurrency`'),
  },
  {
    service: 'scheduler',
    name: /^number of schedules/i,
    judge: (value, { farTasks }) => atLeast(value, farTasks, '`tenantFarTasks`'),
  },
  {
    service: 'scheduler',
    name: /^createschedule request rate/i,
    judge: (value) => ({
      holds: true,
      says: `up to ${number(value)} far tasks a second have a timer; others are sent by the sweep`,
    }),
  },
  {
    service: 'scheduler',
    name: /^deleteschedule request rate/i,
    judge: (value) => ({ holds: true, says: `up to ${number(value)} far tasks a second are cancelled with their timer` }),
  },
  {
    service: 'scheduler',
    name: /^invocations throttle limit/i,
    judge: (value) => {
      const herd = (value * LIMITS.timerSpreadMs) / 1_000
      return { holds: true, says: `up to ${number(herd)} far tasks of one minute start on time` }
    },
  },
  {
    service: 'dynamodb',
    name: /^table-level write throughput limit/i,
    judge: (value) => ({
      holds: value <= LIMITS.tableWritesCount,
      says: `the shards are made for ${number(LIMITS.tableWritesCount)} (\`tableWritesCount\`)`,
    }),
  },
  {
    service: 'apigateway',
    name: /^throttle rate/i,
    judge: (value, { apiRate }) => atLeast(value, apiRate, '`throttle.ratePerSecond`'),
  },
]

/** One line of the answer: a quota that was read, or the reason why it was not. */
export type QuotaLine = { readonly name: string; readonly value?: number; readonly holds: boolean; readonly says: string }

/** Reads all quotas of one service: those of the account, and the defaults of those that it does not list. */
const readService = async (client: ServiceQuotasClient, ServiceCode: string): Promise<readonly ServiceQuota[]> => {
  const read = async (list: typeof ListServiceQuotasCommand | typeof ListAWSDefaultServiceQuotasCommand) => {
    const found: ServiceQuota[] = []
    let NextToken: string | undefined
    do {
      const answer = await client.send(new list({ ServiceCode, ...(NextToken ? { NextToken } : {}) }))
      found.push(...(answer.Quotas ?? []))
      NextToken = answer.NextToken
    } while (NextToken)
    return found
  }
  return [...(await read(ListServiceQuotasCommand)), ...(await read(ListAWSDefaultServiceQuotasCommand))]
}

/**
 * Reads the quotas of an account and region, and compares them with what a deployment needs. A quota that cannot be read is a
 * line that says so, and holds: nothing is known against it.
 *
 * @example await readQuotas(new ServiceQuotasClient({ region: 'eu-central-1' }), needed)
 */
export const readQuotas = async (client: ServiceQuotasClient, needed: Needed): Promise<readonly QuotaLine[]> => {
  const services = new Map<string, readonly ServiceQuota[] | Error>()
  for (const service of new Set(quotas.map((quota) => quota.service)))
    services.set(service, await readService(client, service).catch((error: Error) => error))
  return quotas.map(({ service, name, judge }) => {
    const found = services.get(service) ?? []
    const title = `${service}: ${name.source.replace('^', '')}`
    if (found instanceof Error) return { name: title, holds: true, says: `not read: ${found.message}` }
    const quota = found.find(({ QuotaName = '', Value }) => name.test(QuotaName) && Value !== undefined)
    if (quota?.Value === undefined)
      return { name: title, holds: true, says: 'not in Service Quotas; see the console of the service' }
    return { name: `${service}: ${quota.QuotaName}`, value: quota.Value, ...judge(quota.Value, needed) }
  })
}

/** The lines as a table. */
export const quotaTable = (lines: readonly QuotaLine[]): string =>
  [
    '| quota | of this account | | |',
    '|---|---:|---|---|',
    ...lines.map(({ name, value, holds, says }) => {
      const mark = value === undefined ? '' : holds ? 'holds' : '**DOES NOT HOLD**'
      return `| ${name} | ${value === undefined ? '' : number(value)} | ${says} | ${mark} |`
    }),
  ].join('\n')

type Written = {
  readonly accountConcurrency?: number
  readonly throttle?: { readonly ratePerSecond?: number }
  readonly tenantFarTasks?: number
}

/** What the settings of a deployment need. The synthesis checks the settings themselves. */
export const neededBy = ({ accountConcurrency, throttle, tenantFarTasks }: Written): Needed => ({
  concurrency: accountConcurrency ?? LIMITS.accountConcurrencyCount,
  apiRate: throttle?.ratePerSecond ?? LIMITS.apiRatePerSecondCount,
  farTasks: tenantFarTasks ?? LIMITS.farTasksCount,
})
