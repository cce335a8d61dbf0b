import { type CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import { TABLE } from '../worlds/aws/dynamo/table.ts'
import type { Facts } from './scenarios.ts'

/** The time of a run, and how many tasks it has created. */
export type Span = { readonly from: number; readonly to: number; readonly tasksCount: number }

/**
 * Write units and throttled writes of the table and its indexes, from CloudWatch. The numbers include other tenants of the
 * same deployment.
 *
 * @throws the errors of CloudWatch, such as missing permission for `cloudwatch:GetMetricStatistics`
 */
export const tableFacts = async (client: CloudWatchClient, table: string, { from, to, tasksCount }: Span): Promise<Facts> => {
  const sum = async (MetricName: string, index?: string): Promise<number> => {
    const Dimensions = [
      { Name: 'TableName', Value: table },
      ...(index === undefined ? [] : [{ Name: 'GlobalSecondaryIndexName', Value: index }]),
    ]
    // CloudWatch has whole minutes.
    const [StartTime, EndTime] = [new Date(from - MINUTE), new Date(to + MINUTE)]
    const { Datapoints = [] } = await client.send(
      new GetMetricStatisticsCommand({
        Namespace: 'AWS/DynamoDB',
        MetricName,
        Dimensions,
        StartTime,
        EndTime,
        Period: 60,
        Statistics: ['Sum'],
      }),
    )
    return Datapoints.reduce((total, { Sum = 0 }) => total + Sum, 0)
  }
  const parts = [undefined, ...Object.keys(TABLE.indexes)]
  const total = async (metric: string) =>
    (await Promise.all(parts.map((index) => sum(metric, index)))).reduce((all, one) => all + one, 0)
  const [units, throttledCount] = [await total('ConsumedWriteCapacityUnits'), await total('WriteThrottleEvents')]
  return { writeUnitsPerTask: units / tasksCount, throttledCount }
}

const MINUTE = 60_000
