import { readFileSync } from 'node:fs'
import { Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LANES } from '../../core/lanes.ts'
import { counted } from '../../engine/report.ts'
import { Carillon } from '../../lib/carillon.ts'
import { TABLE } from '../../worlds/aws/dynamo/table.ts'
import { resourcesOf, templateOf, theOne, unbundled } from './synth.ts'

// When each alarm rings is tested in alarms.test.ts.

const template = templateOf({ environmentId: 'staging' })
const alarms = Object.entries(resourcesOf(template, 'AWS::CloudWatch::Alarm'))

describe('the alarms', () => {
  test.each(alarms)('%s says what happened, the number, and what to do first', (_, { Properties }) =>
    expect(Properties.AlarmDescription).toMatch(/^[A-Z][^(]+ \([^)]*(above|below|more than) [^)]+\)\. .*First [a-z]/),
  )

  test('are all in docs/operating.md, and no others', () => {
    const [, section = ''] = readFileSync('docs/operating.md', 'utf8').split('\n## Alarms\n')
    const rows = [...(section.split('\n## ')[0] ?? '').matchAll(/^\| (`[^|]+`) \|/gm)].map(([, names = '']) => names)
    const listed = rows.flatMap((names) => [...names.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name))
    const every = listed.flatMap((name) => {
      const [stem = '', part] = name.split(/-(?=LANE$|INDEX$)/)
      const parts = part === 'LANE' ? Object.keys(DEFAULT_LANES) : part === 'INDEX' ? Object.keys(TABLE.indexes) : ['']
      return parts.map((one) => stem + one)
    })
    const ids = alarms.map(([id]) => id.replace(/^CarillonMonitoringAlarms(.*)[0-9A-F]{8}$/, '$1'))
    expect(every.map((name) => name.replaceAll('-', '')).sort()).toEqual(ids.sort())
  })

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
