import { Duration } from 'aws-cdk-lib'
import { Metric as CloudWatchMetric, MathExpression } from 'aws-cdk-lib/aws-cloudwatch'
import type { ScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Metric } from '../engine/world.ts'
import { metricsNamespace } from './function.ts'

/** The grain of what is shown and of what alarms look at. */
const period = Duration.minutes(5)

/** A metric of Carillon's own: of one lane, or of the whole deployment. */
export const carillonMetric = (environmentId: string, metricName: Metric, statistic: string, lane?: string): CloudWatchMetric =>
  new CloudWatchMetric({
    namespace: metricsNamespace(environmentId),
    metricName,
    statistic,
    period,
    ...(lane ? { dimensionsMap: { lane } } : {}),
  })

/** What EventBridge Scheduler counts for a group: `TargetErrorThrottledCount`, `InvocationThrottleCount` and others. */
export const timerMetric = (group: ScheduleGroup, metricName: string): CloudWatchMetric =>
  new CloudWatchMetric({
    namespace: 'AWS/Scheduler',
    metricName,
    statistic: 'Sum',
    period,
    dimensionsMap: { ScheduleGroup: group.scheduleGroupName },
  })

/** How old the oldest message of a queue is, in seconds. */
export const ageOf = (queue: Queue): CloudWatchMetric =>
  queue.metricApproximateAgeOfOldestMessage({ period, statistic: 'Maximum' })

/** How many messages lie on several queues together. */
export const lyingOn = (queues: readonly Queue[]): MathExpression => {
  const depths = queues.map((queue, index) => [
    `q${index}`,
    queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' }),
  ])
  return new MathExpression({
    expression: `SUM([${depths.map(([name]) => name).join(',')}])`,
    usingMetrics: Object.fromEntries(depths),
    period,
    label: 'on dead-letter queues',
  })
}
