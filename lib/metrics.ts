import { Duration } from 'aws-cdk-lib'
import { Metric as CloudWatchMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import type { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Metric } from '../engine/world.ts'
import { metricsNamespace } from './function.ts'

const period = Duration.minutes(5)

/** A metric that Carillon itself publishes, for one lane or for the whole deployment. */
export const carillonMetric = (environmentId: string, metricName: Metric, statistic: string, lane?: string): CloudWatchMetric =>
  new CloudWatchMetric({
    namespace: metricsNamespace(environmentId),
    metricName,
    statistic,
    period,
    ...(lane ? { dimensionsMap: { lane } } : {}),
  })

/** A metric of EventBridge Scheduler for a schedule group, such as `TargetErrorThrottledCount` or `InvocationThrottleCount`. */
export const timerMetric = (group: CfnScheduleGroup, metricName: string): CloudWatchMetric =>
  new CloudWatchMetric({
    namespace: 'AWS/Scheduler',
    metricName,
    statistic: 'Sum',
    period,
    dimensionsMap: { ScheduleGroup: group.ref },
  })

/** The age of the oldest message of a queue, in seconds. */
export const oldestMessageAge = (queue: Queue): CloudWatchMetric =>
  queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' })

/** The sum of the visible messages on several dead-letter queues. */
export const messageCount = (queues: readonly Queue[]): MathExpression => {
  const counts = queues.map((queue, index) => [
    `q${index}`,
    queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
  ])
  return new MathExpression({
    expression: `SUM([${counts.map(([name]) => name).join(',')}])`,
    usingMetrics: Object.fromEntries(counts),
    period,
    label: 'messages on dead-letter queues',
  })
}
