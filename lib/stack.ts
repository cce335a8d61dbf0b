import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct, Node } from 'constructs'
import { DEFAULT_LANES, type Lane, type Lanes, lane } from '../core/lanes.ts'
import type { JwtAuth } from './auth.ts'
import { Carillon, type CarillonProps } from './carillon.ts'

/** A stack with one Carillon and nothing else, and what one needs to know of it as outputs. */
export class CarillonStack extends Stack {
  readonly carillon: Carillon

  constructor(scope: Construct, id: string, props: CarillonProps & StackProps = {}) {
    super(scope, id, props)
    this.carillon = new Carillon(this, 'Carillon', props)
    const { api, store, lanes, bus, timers } = this.carillon
    this.tell('ApiUrl', api.url, 'Where the HTTP API is')
    this.tell('TableName', store.table.tableName, 'The table of all rows')
    this.tell('BusName', bus.eventBusName, 'Where lifecycle events go')
    this.tell('ScheduleGroup', timers.group.scheduleGroupName, 'Where far wake-ups sit')
    for (const { lane, queue } of lanes.all) this.tell(`QueueUrl-${lane.name}`, queue.queueUrl, `The queue of lane ${lane.name}`)
  }

  private tell(name: string, value: string, description: string): void {
    new CfnOutput(this, name, { value, description })
  }
}

/**
 * What can be said on the command line: `issuer` and `audience` (several with commas), `environmentId`, `handlers`,
 * `onFailure`, and `lanes` as JSON, such as `{"quick":{"functionTimeoutMs":5000,"maxConcurrency":10}}`, which join the default ones.
 *
 * @throws TypeError when a value cannot be
 * @example cdk deploy -c issuer=https://login.example.com -c audience=carillon -c environmentId=staging
 */
export const propsFromContext = (node: Node): CarillonProps => {
  const said = (name: string): string | undefined => text(name, node.tryGetContext(name))
  const auth = authFrom(said('issuer'), said('audience'))
  const environmentId = said('environmentId')
  const handlers = said('handlers')
  const onFailure = said('onFailure')
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
  if (typeof value !== 'string') throw new TypeError(`context ${name} must be a text, got ${JSON.stringify(value)}`)
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
  const made = Object.entries(Object(lanes) as Record<string, Partial<Lane>>).map(([name, { functionTimeoutMs, ...more }]) => {
    if (typeof functionTimeoutMs !== 'number') throw new TypeError(`${LANES_FORM}, got ${JSON.stringify(given)}`)
    return [name, { ...lane(name, functionTimeoutMs), ...more }] as const
  })
  return { ...DEFAULT_LANES, ...Object.fromEntries(made) }
}

const parsed = (json: string): unknown => {
  try {
    return JSON.parse(json)
  } catch {
    throw new TypeError(`${LANES_FORM}, got ${json}`)
  }
}
