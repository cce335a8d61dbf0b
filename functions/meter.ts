import { Metrics, MetricUnit } from '@aws-lambda-powertools/metrics'
import type { Meter, Metric } from '../engine/world.ts'

type Of = Parameters<Meter['add']>[2]

const UNITS: Partial<Record<Metric, (typeof MetricUnit)[keyof typeof MetricUnit]>> = { StartLateness: MetricUnit.Milliseconds }

/** One buffer for each lane and type that this process has met: both are bounded by the deployment. */
const buffers = new Map<string, Metrics>()

/**
 * The world's meter on Powertools (EMF). Each number is published for its lane and type, for its lane, and for the whole
 * deployment, because CloudWatch cannot add up percentiles afterwards; no other dimension, since each one is billed.
 */
export const meter: Meter = {
  add: (metric, value, of) => {
    const buffer = bufferOf(of)
    // A buffer that is full publishes itself and forgets its dimensions, so they are given whenever it starts anew.
    if (!buffer.hasStoredMetrics()) for (const dimensions of dimensionsOf(of)) buffer.addDimensions(dimensions)
    buffer.addMetric(metric, UNITS[metric] ?? MetricUnit.Count, value)
  },
}

/** Writes out what has been counted; called at the end of each invocation, also of one that failed. */
export const flushMetrics = (): void => {
  for (const buffer of buffers.values()) if (buffer.hasStoredMetrics()) buffer.publishStoredMetrics()
}

const bufferOf = (of: Of): Metrics => {
  const name = JSON.stringify([of.lane, of.type])
  const known = buffers.get(name)
  if (known) return known
  const buffer = new Metrics({ logger: quiet })
  buffer.clearDefaultDimensions()
  buffers.set(name, buffer)
  return buffer
}

/** Powertools warns, in a line for each flush, that the sets below share a dimension, which is their very point. */
const quiet = { trace: () => {}, debug: () => {}, info: () => {}, warn: () => {}, error: console.error }

const dimensionsOf = ({ lane, type }: Of): readonly Record<string, string>[] => [
  {},
  ...(lane ? [{ lane }] : []),
  ...(lane && type ? [{ lane, type }] : []),
]
