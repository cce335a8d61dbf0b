import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { LIMITS } from '../../core/limits.ts'
import type { Bus, Log, Meter, Queue, Timers, World } from '../../engine/world.ts'
import { dynamoStore } from './dynamo/store.ts'
import type { Env } from './env.ts'
import type { ReadBatch, StreamBatch } from './stream.ts'
import { randomIds, systemClock } from './system.ts'

/** The parts that a function passes in: its environment, its log and its meter. */
export type AwsParts = { readonly env: Env; readonly log: Log; readonly meter: Meter }

/**
 * The world on AWS. The store is created at once, because all steps but one need it. The other parts and their SDK clients
 * are loaded at their first use, because each one makes a cold start longer.
 *
 * @throws TypeError of `readEnv`, at the first use of a part whose variables are missing
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
    queue: {
      send: async (nudge, delayMs) => (await queue()).send(nudge, delayMs),
      backlog: async (lane) => (await queue()).backlog(lane),
    },
    bus: { publish: async (events) => (await bus()).publish(events) },
    clock: systemClock,
    ids: randomIds,
    log,
    meter,
  }
}

/** Reads the changes of a batch that the relay or the publisher could not process: see `readStream`. Only the dead-letter function needs it. */
export const readDeadBatch = async (batch: StreamBatch): Promise<ReadBatch> => {
  const [{ DynamoDBStreamsClient }, { readStream }] = await Promise.all([
    import('@aws-sdk/client-dynamodb-streams'),
    import('./stream.ts'),
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

/** Loads at the first call. A failed load is retried at the next call. */
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
 * The configuration of every SDK client. It has no region, endpoint or credentials: the SDK reads those from the standard
 * variables (`AWS_REGION`, `AWS_ENDPOINT_URL`…), so an emulator needs no code here.
 */
const clientConfig = {
  requestHandler: {
    connectionTimeout: LIMITS.connectMs,
    requestTimeout: LIMITS.answerMs,
    // By default the request handler only logs a warning; a lost response would then block the function until its timeout.
    throwOnRequestTimeout: true,
  },
} as const
