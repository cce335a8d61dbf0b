import { Logger } from '@aws-lambda-powertools/logger'
import { injectLambdaContext } from '@aws-lambda-powertools/logger/middleware'
import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import { Tracer } from '@aws-lambda-powertools/tracer'
import { captureLambdaHandler } from '@aws-lambda-powertools/tracer/middleware'
import middy from '@middy/core'
import type { Context } from 'aws-lambda'
import { toldLine } from '../core/told.ts'
import type { Log, Meter, Metric } from '../engine/world.ts'

const logger = new Logger()
const tracer = new Tracer()

/** The world's log on Powertools: one JSON line per entry, with the fields beside the message. */
export const log: Log = {
  info: (...line) => write('info', ...line),
  warn: (...line) => write('warn', ...line),
  error: (...line) => write('error', ...line),
}

const write = (level: keyof Log, ...[given, givenFields]: Parameters<Log['info']>): void => {
  const { message, fields } = toldLine(given, givenFields)
  logger[level](message, fields)
}

/** A Lambda handler with logs, traces and metrics: log lines have the request id, and metrics are published at the end. */
export const observed = <Event, Result>(handle: (event: Event, context: Context) => Promise<Result>) =>
  middy<Event, Result, Error, Context>()
    .use(injectLambdaContext(logger))
    // Responses contain data of tenants, so they are not captured: access to traces must not give access to them.
    .use(captureLambdaHandler(tracer, { captureResponse: false }))
    .use({ after: flushMetrics, onError: flushMetrics })
    .handler(handle)

type Dimensions = Parameters<Meter['add']>[2]

const UNITS: Partial<Record<Metric, (typeof MetricUnit)[keyof typeof MetricUnit]>> = {
  StartLateness: MetricUnit.Milliseconds,
  SweepLag: MetricUnit.Milliseconds,
}

/** One buffer for each pair of lane and type. Their number is limited, because the deployment defines both. */
const buffers = new Map<string, Metrics>()

/**
 * The world's meter on Powertools (embedded metric format). Each value is published for its lane and type, for its lane, and
 * for the whole deployment, because CloudWatch cannot aggregate percentiles later. Each further dimension would be billed.
 */
export const meter: Meter = {
  add: (metric, value, of) => {
    const buffer = bufferOf(of)
    // A full buffer publishes itself and clears its dimensions, so an empty buffer gets them again.
    if (!buffer.hasStoredMetrics()) for (const dimensions of dimensionsOf(of)) buffer.addDimensions(dimensions)
    buffer.addMetric(metric, UNITS[metric] ?? MetricUnit.Count, value)
  },
}

/** Publishes the buffered metrics; called at the end of each invocation, failed ones included. */
export const flushMetrics = (): void => {
  for (const buffer of buffers.values()) if (buffer.hasStoredMetrics()) buffer.publishStoredMetrics()
}

const bufferOf = (of: Dimensions): Metrics => {
  const name = JSON.stringify([of.lane, of.type])
  const known = buffers.get(name)
  if (known) return known
  const buffer = new Metrics({ logger: quiet })
  buffer.clearDefaultDimensions()
  buffers.set(name, buffer)
  return buffer
}

/** Suppresses a warning of Powertools at every flush: the dimension sets below share a dimension, and that is intended. */
const quiet = { trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: console.error }

const dimensionsOf = ({ lane, type }: Dimensions): readonly Record<string, string>[] => [
  {},
  ...(lane ? [{ lane }] : []),
  ...(lane && type ? [{ lane, type }] : []),
]
