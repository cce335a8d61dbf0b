import { type Duration, RemovalPolicy } from 'aws-cdk-lib'
import { EventBus, type IEventBus } from 'aws-cdk-lib/aws-events'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { DurationMs } from '../core/duration.ts'
import type { Lanes } from '../core/lanes.ts'
import { LIMITS } from '../core/limits.ts'
import type { Step } from '../engine/needs.ts'
import { type LimitInput, type OnFailure, readEnv, writeEnv } from '../worlds/aws/env.ts'
import { Api, type Throttle } from './api.ts'
import type { Auth } from './auth.ts'
import { concurrencyOf, type ReservedConcurrency } from './concurrency.ts'
import { deadLetterQueue, deadLetterSources } from './dead-letters.ts'
import { type FunctionProps, handlersAt } from './function.ts'
import { grantNeeds, grantTargets, type Targets } from './grants.ts'
import { LaneQueueSet } from './lanes.ts'
import { Monitoring } from './monitoring.ts'
import { physicalName } from './physical-name.ts'
import { QueueConsumer } from './queue-consumer.ts'
import { StandingSettings } from './standing-settings.ts'
import { PUBLISH_FILTERS, RELAY_FILTERS, StreamConsumer } from './stream-consumer.ts'
import { Sweep } from './sweep.ts'
import { Store } from './table.ts'
import { Timers } from './timers.ts'

export { DEFAULT_LANES, lane } from '../core/lanes.ts'
export { lanesFor } from './concurrency.ts'

/** Settings of a Carillon. Every setting has a default. */
export type CarillonProps = {
  /**
   * Path of the module that exports `types`, a list of task types. It is bundled into the executors and the API.
   * @default the built-in task types and the examples
   */
  readonly handlers?: string
  /**
   * Environment variables for the handlers module, such as `CARILLON_HTTP_ALLOW` of the built-in type `http`. A user with
   * read access to the functions' configuration can read them, so store a secret in Secrets Manager and give only its name here.
   * @default none
   */
  readonly environment?: Readonly<Record<string, string>>
  /**
   * How callers of the API are authenticated: by tokens of an issuer, or by AWS signatures.
   * @default AWS signatures of principals that may invoke the API according to IAM
   */
  readonly auth?: Auth
  /**
   * The time after which finished tasks are deleted.
   * @default 30 days
   */
  readonly retention?: Duration
  /**
   * The lanes, by name. `lane()` makes a lane, and `DEFAULT_LANES` can be extended:
   * `{ ...DEFAULT_LANES, quick: lane('quick', 5_000) }`. The lane `normal` is required.
   * @default high, normal, low and long; fewer and narrower ones (`lanesFor`) when `accountConcurrency` is small
   */
  readonly lanes?: Lanes
  /**
   * Concurrent executions of the account and region that Carillon may use: the quota of Lambda, less what other functions need.
   * The synthesis fails when the lanes and Carillon's own functions together need more. A new account can have 10.
   * @default 1,000
   */
  readonly accountConcurrency?: number
  /**
   * Executions that are kept for the API, the relay and the control lane, so that busy lanes do not throttle them. Lambda
   * keeps 100 of the account unreserved, so this needs an account with more.
   * @default none
   */
  readonly reservedConcurrency?: ReservedConcurrency
  /**
   * Name of the environment. It is part of the API's name and of the metrics' namespace, so it must be unique in an account.
   * @default default
   */
  readonly environmentId?: string
  /**
   * Default failure task: one of the types of the handlers module, or such a type with the input of the failure task, such as
   * `{ type: 'http', input: { url: 'https://ops.example.com/failed' } }`. It is created when a task fails finally and neither
   * the task nor its type has an `onFailure`. Every tenant can read this input on its tasks.
   * @default no failure task
   */
  readonly onFailure?: OnFailure
  /**
   * The limit of each tenant: how many of its tasks may run at once, and how many may start in a period, such as
   * `{ concurrency: 20, rate: { count: 100, per: '1m' } }`. A limit that is set through the API replaces it.
   * @default no limit
   */
  readonly tenantLimit?: LimitInput
  /**
   * How many open tasks of each tenant may be due more than 15 minutes ahead, about: 100,000 to 100,000,000. Each of them has a
   * timer, and EventBridge Scheduler keeps 10 million for an account unless its quota is raised. Further ones are refused
   * with the status 429.
   * @default 1,000,000
   */
  readonly tenantFarTasks?: number
  /**
   * Event bus for lifecycle events. It may belong to another account or region.
   * @default a new event bus
   */
  readonly bus?: IEventBus
  /**
   * Topic that alarms notify.
   * @default no topic: the alarms are only on the dashboard and in the CloudWatch console
   */
  readonly alarmTopic?: ITopic
  /**
   * Whether there is a CloudWatch dashboard. It costs $3.00 a month.
   * @default false
   */
  readonly dashboard?: boolean
  /**
   * Resources of the account that the built-in task types may use.
   * @default none
   */
  readonly targets?: Targets
  /**
   * Limits for the request rate of the API.
   * @default 500 requests per second, 1,000 at once
   */
  readonly throttle?: Throttle
  /**
   * What happens to the table when the stack is deleted.
   * @default the table is retained, and has deletion protection
   */
  readonly removalPolicy?: RemovalPolicy
}

/**
 * A complete Carillon: table, timers, lanes, their functions, API and alarms.
 *
 * @throws TypeError at synthesis, when a property is invalid
 * @example new Carillon(this, 'Carillon', { handlers: 'tasks.ts', auth: { issuer: 'https://…', audience: ['carillon'] } })
 */
export class Carillon extends Construct {
  readonly store: Store
  readonly lanes: LaneQueueSet
  readonly timers: Timers
  /** The bus of lifecycle events. CDK's own `EventBus` is not assignable to `IEventBus` under `exactOptionalPropertyTypes`. */
  readonly bus: IEventBus | EventBus
  readonly executors: readonly QueueConsumer[]
  readonly control: QueueConsumer
  readonly relay: StreamConsumer
  readonly publish: StreamConsumer
  readonly sweep: Sweep
  /** Receives what could not be processed: messages of lanes and timers, and the positions of failed stream batches. */
  readonly deadLetters: Queue
  readonly deadLetterHandler: QueueConsumer
  readonly api: Api

  constructor(scope: Construct, id: string, props: CarillonProps = {}) {
    super(scope, id)
    const { environmentId = 'default', auth = {} } = props
    assertEnvironmentId(environmentId)
    const retentionMs = retentionMsOf(props.retention)
    new StandingSettings(this, 'Settings', { auth, environmentId, retentionMs })
    const { lanes, control, reserved } = concurrencyOf(props.lanes, props.reservedConcurrency, props.accountConcurrency)
    const handlers = handlersAt(props.handlers, props.environment)
    const throttle = props.throttle ?? { ratePerSecond: LIMITS.apiRatePerSecondCount, burst: LIMITS.apiBurstCount }

    this.store = new Store(this, 'Store', { removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN })
    this.deadLetters = deadLetterQueue(this, 'DeadLetterQueue')
    this.lanes = new LaneQueueSet(this, 'Lanes', { lanes, control, deadLetters: this.deadLetters })
    this.timers = new Timers(this, 'Timers', { queues: this.lanes.queues, deadLetters: this.deadLetters })
    this.bus = props.bus ?? new EventBus(new Construct(this, 'Events'), 'Bus', { eventBusName: physicalName(this, 'events') })

    const { store, deadLetters } = this
    const env = this.environments({ ...props, environmentId, lanes, retentionMs })
    this.executors = this.lanes.taskLanes.map(
      (queue) =>
        new QueueConsumer(this, `Executor-${queue.lane.name}`, {
          step: 'execute',
          ...queue.consumer,
          handlers,
          env: env.execute,
        }),
    )
    this.control = new QueueConsumer(this, 'Control', {
      step: 'control',
      ...this.lanes.control.consumer,
      reservedConcurrency: reserved.control,
      env: env.control,
    })
    this.relay = new StreamConsumer(this, 'Relay', {
      step: 'relay',
      ...{ store, deadLetters, filters: RELAY_FILTERS },
      reservedConcurrency: reserved.relay,
      env: env.relay,
    })
    this.publish = new StreamConsumer(this, 'Publish', {
      step: 'publish',
      ...{ store, deadLetters, filters: PUBLISH_FILTERS },
      env: env.publish,
    })
    this.sweep = new Sweep(this, 'Sweep', { env: env.sweep })
    this.deadLetterHandler = new QueueConsumer(this, 'DeadLetters', {
      step: 'dead-letters',
      memoryMb: 512,
      timeoutMs: LIMITS.deadLettersTimeoutMs,
      // A low concurrency: dead letters are not urgent.
      sources: [{ queue: deadLetters, batchCount: LIMITS.queueBatchCount, maxConcurrency: LIMITS.deadLettersConcurrencyCount }],
      env: { ...env['dead-letters'], deadLetters: deadLetterSources(this) },
    })
    this.api = new Api(this, 'Api', { auth, throttle, handlers, env: env.api, reservedConcurrency: reserved.api })

    grantNeeds(this, 'control', this.control.function)
    grantNeeds(this, 'relay', this.relay.function)
    grantNeeds(this, 'publish', this.publish.function)
    grantNeeds(this, 'sweep', this.sweep.function)
    grantNeeds(this, 'dead-letters', this.deadLetterHandler.function)
    grantNeeds(this, 'api', this.api.function)
    this.store.grantStreamRead(this.deadLetterHandler.function)
    for (const { function: executor } of this.executors) {
      grantNeeds(this, 'execute', executor)
      grantTargets(props.targets ?? {}, executor)
    }
    new Monitoring(this, 'Monitoring', {
      environmentId,
      store,
      lanes: this.lanes,
      executors: [...this.executors, this.control],
      timers: this.timers,
      relay: this.relay,
      publish: this.publish,
      sweep: this.sweep,
      api: this.api,
      deadLetters,
      alarmTopic: props.alarmTopic,
      dashboard: props.dashboard ?? false,
    })
  }

  /** The environment variables of each step's function. `dead-letters` also gets a map of the sources of dead letters, once they exist. */
  private environments({
    environmentId,
    lanes,
    retentionMs,
    ...props
  }: CarillonProps & Required<Pick<CarillonProps, 'environmentId' | 'lanes'>> & { readonly retentionMs: DurationMs }) {
    const table = this.store.table.tableName
    const bus = this.bus.eventBusArn
    const queues = this.lanes.env
    const timers = this.timers.env
    // Read as a function reads them, so that an invalid value fails the synthesis and not the functions.
    const given = { tenantLimit: props.tenantLimit, tenantFarTasks: props.tenantFarTasks, onFailure: props.onFailure }
    const { tenantLimit, tenantFarTasks, onFailure } = readEnv(writeEnv(given))
    return {
      api: { environmentId, table, lanes, retentionMs, tenantLimit, tenantFarTasks, onFailure },
      execute: { environmentId, table, queues, lanes, retentionMs, tenantLimit },
      control: { environmentId, table, queues, lanes, retentionMs, tenantFarTasks },
      sweep: { environmentId, table, queues, ...timers, lanes, retentionMs },
      relay: { environmentId, table, queues, ...timers, retentionMs },
      publish: { environmentId, table, bus },
      // Relays and publishes again the batches that failed, so this function has the variables of both.
      'dead-letters': { environmentId, table, queues, ...timers, retentionMs, bus },
    } satisfies Record<Step, FunctionProps['env']>
  }
}

const assertEnvironmentId = (environmentId: string): void => {
  if (!/^[A-Za-z0-9][A-Za-z0-9-]{0,31}$/.test(environmentId))
    throw new TypeError(`environmentId must be 1 to 32 letters, digits and dashes, got ${JSON.stringify(environmentId)}`)
}

const retentionMsOf = (retention: Duration | undefined): number => {
  const ms = retention?.toMilliseconds() ?? LIMITS.retentionMs
  if (ms <= 0) throw new TypeError(`retention must be longer than 0 ms, got ${ms} ms`)
  return ms
}
