import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { CloudFormationClient } from '@aws-sdk/client-cloudformation'
import { CloudWatchClient } from '@aws-sdk/client-cloudwatch'
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { broken, verdictTable } from './assumptions.ts'
import { bearer, httpCall, signed } from './caller.ts'
import { type Deployment, deploymentFacts, deploymentOf } from './deployment-metrics.ts'
import { neededBy, quotaTable, readQuotas } from './quotas.ts'
import { CANARY_TENANT, runCanary } from './run.ts'
import { FULL } from './scenarios.ts'

/** `npm run canary -- --api URL`: measures the assumptions of docs/assumptions.md on a deployment. */

const USAGE = `npm run canary -- --api URL [options]

  --api URL         the API of the deployment (the output ApiUrl)
  --token TOKEN     a token of the tenant ${CANARY_TENANT}; or set CARILLON_TOKEN
  --region REGION   sign with the AWS credentials of the environment instead, for an API with IAM authorization
  --stack NAME      count units, messages, invocations and timers of this stack in CloudWatch (with --region)
  --table NAME      count only the write units of this table, without access to CloudFormation (with --region)
  --far             also run a task that is due in 17 minutes; the run then takes that long

On a local server (npm start) it needs no token, and kills no handler, because the server is one process.`

const { values } = parseArgs({
  options: {
    api: { type: 'string' },
    token: { type: 'string' },
    region: { type: 'string' },
    stack: { type: 'string' },
    table: { type: 'string' },
    far: { type: 'boolean' },
    help: { type: 'boolean' },
  },
})

const FAR_MS = 17 * 60_000
/** Metrics come within a few minutes. */
const METRICS_DELAY_MS = 180_000

const main = async (): Promise<number> => {
  const { api, region, stack, table } = values
  if (values.help || api === undefined) {
    console.log(USAGE)
    return values.help ? 0 : 2
  }
  const token = values.token ?? process.env.CARILLON_TOKEN
  const isLocal = ['localhost', '127.0.0.1'].includes(new URL(api).hostname)
  const asCanary = async () => ({ 'x-carillon-tenant': CANARY_TENANT })
  const asToken = token === undefined && region !== undefined ? signed(region) : bearer(token)
  const call = httpCall(api, isLocal ? asCanary : asToken)
  const time = { now: Date.now, sleep: (ms: number) => sleep(ms) }
  const sizes = { ...FULL, ...(values.far ? { farMs: FAR_MS } : {}), ...(isLocal ? { withoutKill: true } : {}) }
  const from = Date.now()
  const { facts, faults } = await runCanary({ call, time, say: (line) => console.log(line) }, sizes)
  const seen = { ...facts }
  if (region !== undefined && (stack ?? table) !== undefined) {
    const span = { from, to: Date.now(), tasksCount: sizes.herdCount + 2 * sizes.nearCount }
    console.log('waiting three minutes for the metrics')
    await sleep(METRICS_DELAY_MS)
    try {
      const deployment: Deployment =
        stack === undefined
          ? { tables: [table ?? ''], functions: [], queues: [], scheduleGroups: [] }
          : await deploymentOf(new CloudFormationClient({ region }), stack)
      Object.assign(seen, await deploymentFacts(new CloudWatchClient({ region }), deployment, span))
    } catch (error) {
      console.log(`AWS did not answer: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  if (region !== undefined) console.log(`\n${quotaTable(await readQuotas(new ServiceQuotasClient({ region }), neededBy({})))}`)
  console.log(`\n${verdictTable(seen)}\n`)
  for (const fault of faults) console.log(`FAILED ${fault}`)
  const wrong = broken(seen)
  console.log(
    wrong.length + faults.length === 0
      ? 'Every measured assumption holds.'
      : `${wrong.length} do not hold, ${faults.length} failed.`,
  )
  return wrong.length + faults.length === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
