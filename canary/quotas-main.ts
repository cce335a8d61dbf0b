import { existsSync, readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { ServiceQuotasClient } from '@aws-sdk/client-service-quotas'
import { readJson } from '../core/reading/json.ts'
import { isRefusal } from '../core/refusal.ts'
import { neededBy, quotaTable, readQuotas } from './quotas.ts'

/** `npm run quotas -- --region REGION`: compares the quotas of the account with the settings of a deployment. It only reads. */

const USAGE = `npm run quotas -- --region REGION [--settings FILE]

  --region REGION   the region of the deployment
  --settings FILE   the settings of the deployment; default carillon.json, if there is one

It needs AWS credentials in the environment with the permissions servicequotas:ListServiceQuotas and
servicequotas:ListAWSDefaultServiceQuotas.`

const { values } = parseArgs({
  options: { region: { type: 'string' }, settings: { type: 'string' }, help: { type: 'boolean' } },
})

const settingsIn = (file: string | undefined): object => {
  const path = file ?? 'carillon.json'
  if (file === undefined && !existsSync(path)) return {}
  const read = readJson(readFileSync(path, 'utf8'), path)
  if (isRefusal(read)) throw new TypeError(`${path}: ${read.message}`)
  return Object(read.json) as object
}

const main = async (): Promise<number> => {
  const { region, settings } = values
  if (values.help || region === undefined) {
    console.log(USAGE)
    return values.help ? 0 : 2
  }
  const lines = await readQuotas(new ServiceQuotasClient({ region }), neededBy(settingsIn(settings)))
  console.log(quotaTable(lines))
  const wrong = lines.filter(({ holds }) => !holds).length
  console.log(
    wrong === 0 ? '\nEvery quota that was read holds.' : `\n${wrong} quotas do not hold: raise them, or change the setting.`,
  )
  return wrong === 0 ? 0 : 1
}

try {
  process.exitCode = await main()
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
