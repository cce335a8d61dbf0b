import { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { Tracer } from '@aws-lambda-powertools/tracer'
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import type { Log } from '../engine/world.ts'
import { flushMetrics } from './meter.ts'

const logger = new Logger()
const tracer = new Tracer()

/** The world's log on Powertools: one JSON line per entry, with the fields beside the message. */
export const log: Log = {
  info: (message, fields = {}) => logger.info(message, fields),
  warn: (message, fields = {}) => logger.warn(message, fields),
  error: (message, fields = {}) => logger.error(message, fields),
}

/** A Lambda handler with logs, traces and metrics: log lines have the request id, and metrics are published at the end. */
export const observed = <Event, Result>(handle: (event: Event, context: Context) => Promise<Result>) =>
  middy<Event, Result, Error, Context>()
    .use(injectLambdaContext(logger))
    // Responses contain data of tenants, so they are not captured: access to traces must not give access to them.
    .use(captureLambdaHandler(tracer, { captureResponse: false }))
    .use({ after: flushMetrics, onError: flushMetrics })
    .handler(handle)
