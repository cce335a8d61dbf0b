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

/** The world's log on Powertools: one JSON line each, with the fields beside the message. */
export const log: Log = {
  info: (message, fields = {}) => logger.info(message, fields),
  warn: (message, fields = {}) => logger.warn(message, fields),
  error: (message, fields = {}) => logger.error(message, fields),
}

/** A function as AWS calls it: log lines carry the invocation, a trace covers it, and its metrics are out when it ends. */
export const observed = <Event, Result>(handle: (event: Event, context: Context) => Promise<Result>) =>
  middy<Event, Result, Error, Context>()
    .use(injectLambdaContext(logger))
    // Answers hold what tenants keep in their tasks; that is no business of whoever may read traces.
    .use(captureLambdaHandler(tracer, { captureResponse: false }))
    .use({ after: flushMetrics, onError: flushMetrics })
    .handler(handle)
