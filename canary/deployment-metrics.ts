import { type CloudFormationClient, paginateListStackResources } from '@aws-sdk/client-cloudformation'
import { type CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import { TABLE } from '../worlds/aws/dynamo/table.ts'
import type { Facts } from './scenarios.ts'

/** The time of a run, and how many tasks it has created. */
export type Span = { readonly from: number; readonly to: number; readonly tasksCount: number }

/** The resources of a deployment whose metrics are read. */
export type Deployment = {
  readonly tables: readonly string[]
  /** Without the function of the API, which the canary itself calls again and again. */
  readonly functions: readonly string[]
  readonly queues: readonly string[]
  readonly scheduleGroups: readonly string[]
}

/** The resources of a stack. @throws the errors of CloudFormation, such as missing permission for `ListStackResources` */
export const deploymentOf = async (client: CloudFormationClient, StackName: string): Promise<Deployment> => {
  const resources: { readonly type: string; readonly logical: string; readonly physical: string }[] = []
  for await (const { StackResourceSummaries = [] } of paginateListStackResources({ client }, { StackName }))
    for (const { ResourceType = '', LogicalResourceId = '', PhysicalResourceId = '' } of StackResourceSummaries)
      resources.push({ type: ResourceType, logical: LogicalResourceId, physical: PhysicalResourceId })
  const ofType = (type: string) => resources.filter((resource) => resource.type === type)
  return {
    tables: ofType('AWS::DynamoDB::Table').map(({ physical }) => physical),
    functions: ofType('AWS::Lambda::Function').flatMap(({ logical, physical }) => (/^CarillonApi/.test(logical) ? [] : physical)),
    // The physical id of a queue is its URL.
    queues: ofType('AWS::SQS::Queue').map(({ physical }) => physical.slice(physical.lastIndexOf('/') + 1)),
    scheduleGroups: ofType('AWS::Scheduler::ScheduleGroup').map(({ physical }) => physical),
  }
}

/**
 * Requests and units of a run, from CloudWatch: for each task what the table, the queues, the functions and the timers did. The
 * numbers include other tenants of the same deployment.
 *
 * @throws the errors of CloudWatch, such as missing permission for `cloudwatch:GetMetricStatistics`
 */
export const deploymentFacts = async (client: CloudWatchClient, deployment: Deployment, span: Span): Promise<Facts> => {
  const total = async (names: readonly string[], [Namespace, dimension]: readonly [string, string], metric: string) =>
    sumOf(await Promise.all(names.map((name) => sum(client, span, Namespace, metric, { [dimension]: name }))))
  const ofTable = async (metric: string) =>
    sumOf(await Promise.all(deployment.tables.map((table) => tableSum(client, span, table, metric))))
  const { functions, queues, scheduleGroups } = deployment
  const perTask = (value: number) => value / span.tasksCount
  return {
    writeUnitsPerTask: perTask(await ofTable('ConsumedWriteCapacityUnits')),
    throttledCount: await ofTable('WriteThrottleEvents'),
    ...(deployment.queues.length + deployment.functions.length === 0
      ? {}
      : {
          readUnitsPerTask: perTask(await ofTable('ConsumedReadCapacityUnits')),
          messagesPerTask: perTask(await total(queues, ['AWS/SQS', 'QueueName'], 'NumberOfMessagesSent')),
          invocationsPerTask: perTask(await total(functions, ['AWS/Lambda', 'FunctionName'], 'Invocations')),
          timersFired: await total(scheduleGroups, ['AWS/Scheduler', 'ScheduleGroup'], 'InvocationAttemptCount'),
        }),
  }
}

/** A metric of a table and its indexes together. */
const tableSum = async (client: CloudWatchClient, span: Span, table: string, metric: string): Promise<number> => {
  const indexes = Object.keys(TABLE.indexes).map((index) => ({ TableName: table, GlobalSecondaryIndexName: index }))
  const parts = [{ TableName: table }, ...indexes]
  return sumOf(await Promise.all(parts.map((dimensions) => sum(client, span, 'AWS/DynamoDB', metric, dimensions))))
}

const sum = async (
  client: CloudWatchClient,
  { from, to }: Span,
  Namespace: string,
  MetricName: string,
  dimensions: Readonly<Record<string, string>>,
): Promise<number> => {
  const { Datapoints = [] } = await client.send(
    new GetMetricStatisticsCommand({
      Namespace,
      MetricName,
      Dimensions: Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value })),
      // CloudWatch has whole minutes.
      StartTime: new Date(from - MINUTE),
      EndTime: new Date(to + MINUTE),
      Period: 60,
      Statistics: ['Sum'],
    }),
  )
  return sumOf(Datapoints.map(({ Sum = 0 }) => Sum))
}

const sumOf = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0)

const MINUTE = 60_000
