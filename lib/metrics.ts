import { Duration } from 'aws-cdk-lib'
import { Metric as CloudWatchMetric } from 'aws-cdk-lib/aws-cloudwatch'
import type { Table } from 'aws-cdk-lib/aws-dynamodb'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { CfnScheduleGroup } from 'aws-cdk-lib/aws-scheduler'
import type { Queue } from 'aws-cdk-lib/aws-sqs'
import type { Metric } from '../engine/world.ts'
import type { IndexName } from '../worlds/aws/dynamo/table.ts'
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

/** The visible messages of a queue. */
export const messageCount = (queue: Queue): CloudWatchMetric =>
  queue.metricApproximateNumberOfMessagesVisible({ period, statistic: 'Maximum' })

/** How often Lambda had no free execution for a function. Functions that poll or are polled are tried again, callers of the API are not. */
export const throttles = (of: IFunction): CloudWatchMetric => of.metricThrottles({ period, statistic: 'Sum' })

/** How many invocations failed: the code did not load, the process ended, or the time was over. What a handler throws is not counted. */
export const errors = (of: IFunction): CloudWatchMetric => of.metricErrors({ period, statistic: 'Sum' })

/** Reads or writes that DynamoDB throttled, of the table or of one of its indexes. */
export const storeThrottles = (table: Table, kind: 'Read' | 'Write', index?: IndexName): CloudWatchMetric =>
  new CloudWatchMetric({
    namespace: 'AWS/DynamoDB',
    metricName: `${kind}ThrottleEvents`,
    statistic: 'Sum',
    period,
    dimensionsMap: { TableName: table.tableName, ...(index ? { GlobalSecondaryIndexName: index } : {}) },
  })
