import { Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LANES, lane } from '../../core/lanes.ts'
import { LIMITS } from '../../core/limits.ts'
import { counted } from '../../engine/report.ts'
import { Carillon } from '../../lib/carillon.ts'
import { resourcesOf, templateOf, theOne, unbundled } from './synth.ts'

const template = templateOf({ environmentId: 'staging' })
const alarm = (name: string) =>
  theOne(template, 'AWS::CloudWatch::Alarm', new RegExp(`^CarillonMonitoringAlarms${name}[0-9A-F]{8}$`)).Properties

describe('an alarm', () => {
  test.each(['DeadLetters', 'FailureTaskFailed', 'SweepRepairs'])(
    'is raised by the first of %s in the whole deployment',
    (name) =>
      expect(alarm(name)).toMatchObject({ Namespace: 'Carillon/staging', MetricName: name, Statistic: 'Sum', Threshold: 0 }),
  )

  test('is raised when messages stay on the dead-letter queues', () => {
    const depths = alarm('DeadLetterQueueDepth').Metrics.filter((metric: { MetricStat?: unknown }) => metric.MetricStat)
    expect(depths).toHaveLength(8)
  })

  test('is raised when the sweep fails repeatedly', () =>
    expect(alarm('SweepErrors')).toMatchObject({ MetricName: 'Errors', Threshold: 1 }))

  test('is raised by missing data when the sweep has not run for 15 minutes', () => {
    const [sweep] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function', /^CarillonSweep/))
    expect(alarm('SweepNotRunning')).toMatchObject({
      MetricName: 'Invocations',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: sweep } }],
      Statistic: 'Sum',
      Period: 900,
      ComparisonOperator: 'LessThanThreshold',
      Threshold: 1,
      EvaluationPeriods: 1,
      TreatMissingData: 'breaching',
    })
  })

  test.each([
    ['RelayLag', 'relay', /^CarillonRelay/],
    ['EventLag', 'publisher', /^CarillonPublish/],
  ])('%s is raised when the %s is behind', (name, _, id) => {
    const [consumer] = Object.keys(resourcesOf(template, 'AWS::Lambda::Function', id))
    expect(alarm(name)).toMatchObject({
      MetricName: 'IteratorAge',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: consumer } }],
      Statistic: 'Maximum',
      Threshold: LIMITS.relayLagAlarmMs,
    })
  })

  test.each(Object.keys(DEFAULT_LANES))('is raised when tasks of lane %s start late', (lane) =>
    expect(alarm(`Lateness${lane}`)).toMatchObject({
      MetricName: 'StartLateness',
      ExtendedStatistic: 'p99',
      Dimensions: [{ Name: 'lane', Value: lane }],
      Threshold: LIMITS.latenessAlarmMs,
    }),
  )

  test('has ten metrics for the dead letters of the most lanes, which is the maximum of CloudWatch', () => {
    const { normal } = DEFAULT_LANES
    if (!normal) throw new Error('DEFAULT_LANES has no lane normal')
    const more = Array.from({ length: LIMITS.lanesCount - 1 }, (_, at) => [`l${at}`, lane(`l${at}`, 60_000)] as const)
    const mostLanes = templateOf({ lanes: { normal, ...Object.fromEntries(more) } })
    const { Metrics } = theOne(mostLanes, 'AWS::CloudWatch::Alarm', /^CarillonMonitoringAlarmsDeadLetterQueueDepth/).Properties
    expect(Metrics.filter((metric: { MetricStat?: unknown }) => metric.MetricStat)).toHaveLength(10)
  })

  test.each([...Object.keys(DEFAULT_LANES), 'control'])(
    'is raised when messages of lane %s are older than the longest delay',
    (lane) =>
      expect(alarm(`Backlog${lane}`)).toMatchObject({
        MetricName: 'ApproximateAgeOfOldestMessage',
        Threshold: LIMITS.backlogAlarmMs / 1_000,
      }),
  )

  test('is not raised by missing data, except for the sweep, which always runs', () => {
    const alarms = Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm'))
    const breaching = alarms.filter(([, { Properties }]) => Properties.TreatMissingData !== 'notBreaching')
    expect(breaching.map(([id]) => id)).toEqual([expect.stringContaining('SweepNotRunning')])
  })

  test('notifies the given topic', () => {
    const stack = new Stack(unbundled(), 'Test')
    const alarmTopic = new Topic(stack, 'Topic')
    new Carillon(stack, 'Carillon', { alarmTopic })
    const alarms = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::CloudWatch::Alarm'))
    expect(alarms.map(({ Properties }) => Properties.AlarmActions)).toEqual(
      alarms.map(() => [stack.resolve(alarmTopic.topicArn)].map((arn) => arn)),
    )
  })
})

describe('the dashboard', () => {
  const body = JSON.stringify(theOne(template, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody)

  test.each([
    'StartLateness',
    'p50',
    'p99',
    ...new Set(Object.values(counted).flat()),
    'FailureTaskFailed',
    'ApproximateAgeOfOldestMessage',
    'DeadLetters',
    'TargetErrorThrottledCount',
    'InvocationThrottleCount',
    'IteratorAge',
    'SweepRepairs',
  ])('shows %s', (name) => expect(body).toContain(name))
})
