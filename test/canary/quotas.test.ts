import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { ListAWSDefaultServiceQuotasCommand, ListServiceQuotasCommand, ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, expect, test } from 'vitest'
import { neededBy, quotas, quotaTable, readQuotas } from '../../canary/quotas.ts'

const client = new ServiceQuotasClient({ region: 'eu-central-1' })
const mock = mockClient(ServiceQuotasClient)

/** The names as Service Quotas has them. Source: the quota pages of the services. */
const ACCOUNT: Readonly<Record<string, readonly (readonly [string, number])[]>> = {
  lambda: [
    ['Function and layer storage', 75],
    ['Concurrent executions', 10],
  ],
  scheduler: [
    ['Number of schedules', 10_000_000],
    ['CreateScheduleGroup request rate', 10],
    ['CreateSchedule request rate', 250],
    ['DeleteSchedule request rate', 250],
    ['Invocations throttle limit', 1_000],
  ],
  dynamodb: [
    ['Table-level read throughput limit', 1],
    ['Table-level write throughput limit', 40_000],
  ],
  apigateway: [['Throttle rate', 10_000]],
}

beforeEach(() => {
  mock.reset()
  mock.on(ListAWSDefaultServiceQuotasCommand).resolves({ Quotas: [] })
  mock.on(ListServiceQuotasCommand).callsFake(({ ServiceCode, NextToken }) => {
    const all = (ACCOUNT[ServiceCode] ?? []).map(([QuotaName, Value]) => ({ QuotaName, Value }))
    // One quota on a page.
    const index = Number(NextToken ?? 0)
    return { Quotas: all.slice(index, index + 1), ...(index + 1 < all.length ? { NextToken: String(index + 1) } : {}) }
  })
})

test('every quota is read, and one that is smaller than its setting does not hold', async () => {
  const lines = await readQuotas(client, neededBy({}))
  expect(lines.map(({ value }) => value)).toEqual([10, 10_000_000, 250, 250, 1_000, 40_000, 10_000])
  expect(lines.filter(({ holds }) => !holds).map(({ name }) => name)).toEqual(['lambda: Concurrent executions'])
  expect(quotaTable(lines)).toContain(
    '| lambda: Concurrent executions | 10 | `accountConcurrency` is 1,000 | **DOES NOT HOLD** |',
  )
  expect(lines[4]?.says).toBe('up to 840,000 far tasks of one minute start on time')
})

test('the settings say what is needed', async () => {
  const needed = neededBy({ accountConcurrency: 10, throttle: { ratePerSecond: 20_000 }, tenantFarTasks: 20_000_000 })
  const lines = await readQuotas(client, needed)
  expect(lines.filter(({ holds }) => !holds).map(({ name }) => name)).toEqual([
    'scheduler: Number of schedules',
    'apigateway: Throttle rate',
  ])
})

test('a default counts where the account has no value; what cannot be read is said, and nothing is known against it', async () => {
  mock.on(ListServiceQuotasCommand, { ServiceCode: 'lambda' }).resolves({ Quotas: [{ QuotaName: 'Concurrent executions' }] })
  mock
    .on(ListAWSDefaultServiceQuotasCommand, { ServiceCode: 'lambda' })
    .resolves({ Quotas: [{ QuotaName: 'Concurrent executions', Value: 1_000 }] })
  mock.on(ListServiceQuotasCommand, { ServiceCode: 'scheduler' }).rejects(new Error('not authorized'))
  mock.on(ListServiceQuotasCommand, { ServiceCode: 'apigateway' }).resolves({ Quotas: [] })
  const lines = await readQuotas(client, neededBy({}))
  expect(lines[0]).toMatchObject({ value: 1_000, holds: true })
  expect(lines[1]).toEqual({ name: 'scheduler: number of schedules', holds: true, says: 'not read: not authorized' })
  expect(lines.at(-1)?.says).toBe('not in Service Quotas; see the console of the service')
})

test('the page on operating has a line for each service whose quota is assumed', () => {
  const page = readFileSync('docs/operating.md', 'utf8').toLowerCase()
  const names = {
    lambda: 'lambda concurrent executions',
    scheduler: 'eventbridge scheduler',
    dynamodb: 'dynamodb',
    apigateway: 'api gateway',
  }
  for (const { service } of quotas) expect(page).toContain(`| ${names[service as keyof typeof names]}`)
})

test('without a region the program says how it is called', () => {
  const run = () => execFileSync(process.execPath, ['canary/quotas-main.ts'], { encoding: 'utf8', stdio: 'pipe' })
  expect(run).toThrow(expect.objectContaining({ status: 2, stdout: expect.stringContaining('npm run quotas -- --region') }))
})
