import { CloudFormationClient, ListStackResourcesCommand } from '@aws-sdk/client-cloudformation'
import { CloudWatchClient, GetMetricStatisticsCommand } from '@aws-sdk/client-cloudwatch'
import { mockClient } from 'aws-sdk-client-mock'
import { expect, test } from 'vitest'
import { deploymentFacts, deploymentOf } from '../../canary/deployment-metrics.ts'

const region = 'eu-central-1'
const resource = (ResourceType: string, LogicalResourceId: string, PhysicalResourceId: string) => ({
  ResourceType: `AWS::${ResourceType}`,
  LogicalResourceId,
  PhysicalResourceId,
  LastUpdatedTimestamp: new Date(0),
  ResourceStatus: 'CREATE_COMPLETE' as const,
})

test('the requests of a run are counted over all resources of the stack, without the function of the API', async () => {
  mockClient(CloudFormationClient)
    .on(ListStackResourcesCommand, { StackName: 'Carillon' })
    .resolves({
      NextToken: 'more',
      StackResourceSummaries: [
        resource('DynamoDB::Table', 'CarillonStoreTable', 'table'),
        resource('Lambda::Function', 'CarillonApiFunction', 'api'),
        resource('Lambda::Function', 'CarillonRelayFunction', 'relay'),
      ],
    })
    .on(ListStackResourcesCommand, { StackName: 'Carillon', NextToken: 'more' })
    .resolves({
      StackResourceSummaries: [
        resource('Lambda::Function', 'CarillonExecutornormalFunction', 'normal'),
        resource('SQS::Queue', 'CarillonLanesnormalQueue', 'https://sqs.eu-central-1.amazonaws.com/1/queue'),
        resource('Scheduler::ScheduleGroup', 'CarillonTimersGroup', 'timers'),
      ],
    })
  const deployment = await deploymentOf(new CloudFormationClient({ region }), 'Carillon')
  expect(deployment).toEqual({ tables: ['table'], functions: ['relay', 'normal'], queues: ['queue'], scheduleGroups: ['timers'] })

  const asked: string[] = []
  mockClient(CloudWatchClient)
    .on(GetMetricStatisticsCommand)
    .callsFake(({ Namespace, MetricName, Dimensions, StartTime, EndTime }) => {
      asked.push(`${Namespace} ${MetricName} ${Dimensions.map(({ Value }: { Value: string }) => Value).join('/')}`)
      expect([StartTime.getTime(), EndTime.getTime()]).toEqual([540_000, 1_260_000])
      return { Datapoints: [{ Sum: 100 }, { Sum: 20 }] }
    })
  const span = { from: 600_000, to: 1_200_000, tasksCount: 10 }
  expect(await deploymentFacts(new CloudWatchClient({ region }), deployment, span)).toEqual({
    writeUnitsPerTask: 48,
    throttledCount: 480,
    readUnitsPerTask: 48,
    messagesPerTask: 12,
    invocationsPerTask: 24,
    timersFired: 120,
  })
  expect(asked).toContain('AWS/DynamoDB ConsumedReadCapacityUnits table/agenda')
  expect(asked).toContain('AWS/Scheduler InvocationAttemptCount timers')
  expect(asked.some((it) => it.endsWith(' api'))).toBe(false)
})

test('with a table alone only its writes are counted', async () => {
  mockClient(CloudWatchClient).on(GetMetricStatisticsCommand).resolves({})
  const deployment = { tables: ['table'], functions: [], queues: [], scheduleGroups: [] }
  const facts = await deploymentFacts(new CloudWatchClient({ region }), deployment, { from: 0, to: 1, tasksCount: 1 })
  expect(facts).toEqual({ writeUnitsPerTask: 0, throttledCount: 0 })
})
