import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LIMITS } from '../../core/limits.ts'
import type { Change } from '../../engine/message.ts'
import type { Bus, Log, Meter, Queue, Timers, World } from '../../engine/world.ts'
import { dynamoStore } from './dynamo/store.ts'
import type { Env } from './env.ts'
import type { StreamBatch } from './stream-read.ts'
import { randomIds, systemClock } from './system.ts'

/** What a function hands in: what it was told, and where its lines and numbers go. */
export type AwsParts = { readonly env: Env; readonly log: Log; readonly meter: Meter }

/**
 * The world on AWS. All steps but one need the store, so that is there at once; the other parts, their SDK clients included, are
 * loaded when they are first used, because a cold start pays for each.
 *
 * @throws TypeError of `readEnv`, when a part is first used whose variables are missing
 * @example awsWorld({ env: readEnv(process.env), log, meter })
 */
export const awsWorld = ({ env, log, meter }: AwsParts): World => {
  const timers = once(() => loadTimers(env))
  const queue = once(() => loadQueue(env))
  const bus = once(() => loadBus(env))
  return {
    store: dynamoStore({ client: new DynamoDBClient(clientConfig), table: env.table }),
    timers: {
      arm: async (timer) => (await timers()).arm(timer),
      disarm: async (name) => (await timers()).disarm(name),
    },
    queue: { send: async (nudge, delayMs) => (await queue()).send(nudge, delayMs) },
    bus: { publish: async (events) => (await bus()).publish(events) },
    clock: systemClock,
    ids: randomIds,
    log,
    meter,
  }
}

/** The changes of a batch that the relay, or the publisher, could not deal with: see `readStream`. Only the function that buries needs it. */
export const readDeadBatch = async (batch: StreamBatch): Promise<readonly Change[]> => {
  const [{ DynamoDBStreamsClient }, { readStream }] = await Promise.all([
    import('@aws-sdk/client-dynamodb-streams'),
    import('./stream-read.ts'),
  ])
  return readStream(new DynamoDBStreamsClient(clientConfig), batch)
}

const loadTimers = async (env: Env): Promise<Timers> => {
  const [{ SchedulerClient }, { schedulerTimers }] = await Promise.all([
    import('@aws-sdk/client-scheduler'),
    import('./scheduler.ts'),
  ])
  return schedulerTimers(new SchedulerClient(clientConfig), env)
}

const loadQueue = async (env: Env): Promise<Queue> => {
  const [{ SQSClient }, { sqsQueue }] = await Promise.all([import('@aws-sdk/client-sqs'), import('./sqs.ts')])
  return sqsQueue(new SQSClient(clientConfig), env.queues)
}

const loadBus = async (env: Env): Promise<Bus> => {
  const [{ EventBridgeClient }, { eventBridgeBus, noBus }] = await Promise.all([
    import('@aws-sdk/client-eventbridge'),
    import('./eventbridge.ts'),
  ])
  return env.bus ? eventBridgeBus(new EventBridgeClient(clientConfig), env.bus) : noBus
}

/** Loads at the first call. A load that failed is tried again at the next. */
const once = <Part>(load: () => Promise<Part>): (() => Promise<Part>) => {
  let loaded: Promise<Part> | undefined
  return () => {
    loaded ??= load().catch((error: unknown) => {
      loaded = undefined
      throw error
    })
    return loaded
  }
}

/**
 * What every client is made with. Nothing of region, endpoint or credentials: the SDK takes those from the standard
 * variables (`AWS_REGION`, `AWS_ENDPOINT_URL`…), so an emulator works without a word from us.
 */
export const clientConfig = {
  requestHandler: {
    connectionTimeout: LIMITS.connectMs,
    requestTimeout: LIMITS.answerMs,
    // Without this the handler only warns, and a lost answer holds the function until its own timeout.
    throwOnRequestTimeout: true,
  },
} as const
