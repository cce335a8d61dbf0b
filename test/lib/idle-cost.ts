import type { Template } from 'aws-cdk-lib/assertions'
import { LIMITS } from '../../core/limits.ts'
import { openTenant } from '../../engine/apply.ts'
import { sweep } from '../../engine/sweep/sweep.ts'
import { appOf, engineWorld } from '../engine/world.ts'
import { MONTHLY, PRICES } from '../ledger-prices.ts'
import { resourcesOf } from './synth.ts'

/** Assumptions for everything that a template does not say; see docs/cost.md. */
const ASSUMED = {
  monthMs: 30 * 86_400_000,
  /** Lambda keeps five pollers for each queue while nothing comes. Source: Lambda developer guide, scaling of SQS mappings. */
  pollersPerQueue: 5,
  /** One poll waits this long. Source: the same; the longest wait of SQS. */
  pollMs: 20_000,
  /** A sweep that finds nothing: 200 ms of 512 MB, a kilobyte of logs, a trace, and its reads: see docs/cost.md. */
  sweep: { gbS: 0.2 * 0.5, logKb: 1, traces: 1, readUnits: 66, writeUnits: 1 },
}

/** What a deployment costs in a month in which nothing happens, in dollars, by item. */
export const idleCostOf = async (template: Template): Promise<ReadonlyMap<string, number>> => {
  const count = (type: string) => Object.keys(resourcesOf(template, type)).length
  const queues = Object.values(resourcesOf(template, 'AWS::Lambda::EventSourceMapping')).filter(({ Properties }) =>
    JSON.stringify(Properties.EventSourceArn).includes('Queue'),
  )
  const polls = queues.length * ASSUMED.pollersPerQueue * (ASSUMED.monthMs / ASSUMED.pollMs)
  const sweeps = ASSUMED.monthMs / LIMITS.sweepEveryMs
  const { gbS, logKb, traces, readUnits, writeUnits } = ASSUMED.sweep
  const perSweep =
    PRICES.timers +
    PRICES.functionRequests +
    gbS * PRICES.functionGbS +
    logKb * PRICES.logGb +
    traces * PRICES.traces +
    readUnits * PRICES.readUnits +
    writeUnits * PRICES.writeUnits
  return new Map([
    [`polls of ${queues.length} queues`, (polls / 1e6) * PRICES.queueRequests],
    [`${alarmMetricsOf(template)} alarm metrics`, alarmMetricsOf(template) * MONTHLY.alarmMetrics],
    [`${await metricsOfSweep()} metrics of the sweep`, (await metricsOfSweep()) * MONTHLY.metrics],
    [`${sweeps} sweeps`, (sweeps / 1e6) * perSweep],
    [`${count('AWS::CloudWatch::Dashboard')} dashboards`, count('AWS::CloudWatch::Dashboard') * MONTHLY.dashboards],
  ])
}

/** CloudWatch charges for each metric of an alarm: one, or those of its formula. A formula itself is no metric. */
const alarmMetricsOf = (template: Template): number =>
  Object.values(resourcesOf(template, 'AWS::CloudWatch::Alarm')).reduce((sum, { Properties }) => {
    const stats = (Properties.Metrics as readonly { readonly MetricStat?: unknown }[] | undefined)?.filter((it) => it.MetricStat)
    return sum + (stats?.length ?? 1)
  }, 0)

/** The metrics that a sweep reports when there is a tenant and nothing to do. They have no lane and no type, so each is one metric. */
const metricsOfSweep = async (): Promise<number> => {
  const world = engineWorld()
  await openTenant(world, 'acme', 'user:alice')
  await sweep(world, appOf())
  return new Set(world.metered.map(({ metric }) => metric)).size
}

/** The cost as a Markdown table. */
export const idleTable = (cost: ReadonlyMap<string, number>): string => {
  const total = [...cost.values()].reduce((sum, dollars) => sum + dollars, 0)
  const lines = [...cost].map(([item, dollars]) => `| ${item} | $${dollars.toFixed(2)} |`)
  return ['| a month without tasks | |', '|---|---:|', ...lines, `| **together** | $${total.toFixed(2)} |`].join('\n')
}
