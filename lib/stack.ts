import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct, Node } from 'constructs'
import { DEFAULT_LANES, type Lane, type Lanes, lane } from '../core/lanes.ts'
import { readJson } from '../core/reading/json.ts'
import { isRefusal } from '../core/refusal.ts'
import type { JwtAuth } from './auth.ts'
import { Carillon, type CarillonProps } from './carillon.ts'

/** A stack that contains one Carillon. Its outputs are the API's URL and the names of the table, bus, schedule group and queues. */
export class CarillonStack extends Stack {
  readonly carillon: Carillon

  constructor(scope: Construct, id: string, props: CarillonProps & StackProps = {}) {
    super(scope, id, props)
    this.carillon = new Carillon(this, 'Carillon', props)
    const { api, store, lanes, bus, timers } = this.carillon
    this.output('ApiUrl', api.url, 'URL of the HTTP API')
    this.output('TableName', store.table.tableName, 'Name of the table')
    this.output('BusName', bus.eventBusName, 'Name of the event bus for lifecycle events')
    this.output('ScheduleGroup', timers.group.scheduleGroupName, 'Name of the schedule group of the timers')
    for (const { lane, queue } of lanes.taskLanes)
      this.output(`QueueUrl-${lane.name}`, queue.queueUrl, `URL of the queue of lane ${lane.name}`)
  }

  private output(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description })
  }
}

/**
 * Reads the settings that can be given on the command line: `issuer` and `audience` (several, separated by commas),
 * `environmentId`, `handlers`, `onFailure`, and `lanes` as JSON, such as `{"quick":{"functionTimeoutMs":5000,"maxConcurrency":10}}`.
 * These lanes are added to the default lanes.
 *
 * @throws TypeError when a value is invalid
 * @example cdk deploy -c issuer=https://login.example.com -c audience=carillon -c environmentId=staging
 */
export const propsFromContext = (node: Node): CarillonProps => {
  const context = (name: string): string | undefined => text(name, node.tryGetContext(name))
  const auth = authFrom(context('issuer'), context('audience'))
  const environmentId = context('environmentId')
  const handlers = context('handlers')
  const onFailure = context('onFailure')
  const lanes: unknown = node.tryGetContext('lanes')
  return {
    ...(auth ? { auth } : {}),
    ...(environmentId ? { environmentId } : {}),
    ...(handlers ? { handlers } : {}),
    ...(onFailure ? { onFailure } : {}),
    ...(lanes ? { lanes: lanesFrom(lanes) } : {}),
  }
}

const text = (name: string, value: unknown): string | undefined => {
  if (value === undefined || value === '') return undefined
  if (typeof value !== 'string') throw new TypeError(`context ${name} must be a string, got ${JSON.stringify(value)}`)
  return value
}

const authFrom = (issuer: string | undefined, audience: string | undefined): JwtAuth | undefined => {
  if (issuer && audience) return { issuer, audience: audience.split(',') }
  if (!issuer && !audience) return undefined
  throw new TypeError(`context issuer and audience must be given together, got only ${issuer ? 'issuer' : 'audience'}`)
}

const LANES_FORM = 'context lanes must be JSON such as {"quick":{"functionTimeoutMs":5000}}'

const lanesFrom = (given: unknown): Lanes => {
  const lanes = typeof given === 'string' ? parsed(given) : given
  const additional = Object.entries(Object(lanes) as Record<string, Partial<Lane>>).map(
    ([name, { functionTimeoutMs, ...more }]) => {
      if (typeof functionTimeoutMs !== 'number') throw new TypeError(`${LANES_FORM}, got ${JSON.stringify(given)}`)
      return [name, { ...lane(name, functionTimeoutMs), ...more }] as const
    },
  )
  return { ...DEFAULT_LANES, ...Object.fromEntries(additional) }
}

const parsed = (text: string): unknown => {
  const read = readJson(text, 'the value')
  if (isRefusal(read)) throw new TypeError(`${LANES_FORM}, got ${text}. ${read.message}`)
  return read.json
}
