import { Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, test } from 'vitest'
import { counted } from '../../engine/report.ts'
import { Carillon } from '../../lib/carillon.ts'
import { resourcesOf, templateOf, theOne, unbundled } from './synth.ts'

// When each alarm rings is tested in alarms.test.ts.

const template = templateOf({ environmentId: 'staging' })
const alarms = Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm'))

describe('the alarms', () => {
  test.each(alarms)('%s says what happened, the number, and what to do first', (_, { Properties }) =>
    expect(Properties.AlarmDescription).toMatch(/^[A-Z][^(]+ \([^)]*(above|below|more than) [^)]+\)\. .*First [a-z]/),
  )

  test('are not raised by missing data, except for the sweep, which always runs', () => {
    const breaching = alarms.filter(([, { Properties }]) => Properties.TreatMissingData !== 'notBreaching')
    expect(breaching.map(([id]) => id)).toEqual([expect.stringContaining('SweepNotRunning')])
  })

  test('notify the given topic', () => {
    const stack = new Stack(unbundled(), 'Test')
    const alarmTopic = new Topic(stack, 'Topic')
    new Carillon(stack, 'Carillon', { alarmTopic })
    const given = Object.values(resourcesOf(Template.fromStack(stack), 'AWS::CloudWatch::Alarm'))
    expect(given.map(({ Properties }) => Properties.AlarmActions)).toEqual(
      given.map(() => [stack.resolve(alarmTopic.topicArn)].map((arn) => arn)),
    )
  })
})

describe('the dashboard', () => {
  const shown = templateOf({ environmentId: 'staging', dashboard: true })
  const body = JSON.stringify(theOne(shown, 'AWS::CloudWatch::Dashboard').Properties.DashboardBody)

  test('is made only if it is wanted, because it has a price', () =>
    expect(resourcesOf(template, 'AWS::CloudWatch::Dashboard')).toEqual({}))

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
