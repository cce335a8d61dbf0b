import { describe, expect, test } from 'vitest'
import { readEventBridgeSchedule } from '../../../core/import/event-bridge.ts'
import { accepts } from './accepted.ts'

/** As `aws scheduler get-schedule` prints it. */
const SCHEDULE = {
  ActionAfterCompletion: 'NONE',
  Arn: 'arn:aws:scheduler:eu-central-1:111122223333:schedule/reports/nightly',
  CreationDate: '2026-01-01T08:00:00.123000+00:00',
  Description: 'Nightly report',
  EndDate: '2027-01-01T00:00:00+00:00',
  FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
  GroupName: 'reports',
  LastModificationDate: '2026-01-02T08:00:00.123000+00:00',
  Name: 'nightly',
  ScheduleExpression: 'cron(0 2 ? * MON-FRI *)',
  ScheduleExpressionTimezone: 'Europe/Berlin',
  StartDate: 1_767_225_600,
  State: 'ENABLED',
  Target: {
    Arn: 'arn:aws:lambda:eu-central-1:111122223333:function:report',
    DeadLetterConfig: { Arn: 'arn:aws:sqs:eu-central-1:111122223333:dead' },
    Input: '{"kind": "daily"}',
    RetryPolicy: { MaximumEventAgeInSeconds: 3_600, MaximumRetryAttempts: 4 },
    RoleArn: 'arn:aws:iam::111122223333:role/scheduler',
  },
}
const read = (schedule: unknown) => readEventBridgeSchedule(schedule, { type: 'call' })
const recurrenceOf = (ScheduleExpression: string, ScheduleExpressionTimezone = 'UTC') =>
  read({ ...SCHEDULE, ScheduleExpression, ScheduleExpressionTimezone }).series[0]?.body.recurrence

describe('a schedule of EventBridge Scheduler', () => {
  const { series, notCarried } = read(SCHEDULE)

  test('becomes a series', () => {
    expect(series).toEqual([
      {
        id: 'nightly',
        body: {
          type: 'call',
          input: { target: SCHEDULE.Target.Arn, input: { kind: 'daily' } },
          retry: { policy: 'exponential', attempts: 5, maxAge: '3600s' },
          timeZone: 'Europe/Berlin',
          recurrence: { cron: '0 2 ? * MON-FRI *' },
          startAt: '2026-01-01T00:00:00.000Z',
          endAt: '2027-01-01T00:00:00.000Z',
          spread: '15m',
          tags: ['group:reports'],
          description: 'Nightly report',
        },
      },
    ])
    accepts(series)
  })

  test('reports everything else', () =>
    expect(notCarried.map(({ at }) => at).toSorted()).toEqual([
      '/Arn',
      '/LastModificationDate',
      '/Target/DeadLetterConfig',
      '/Target/RoleArn',
    ]))

  test.each([
    ['rate(1 minute)', 'UTC', { rate: '1m' }],
    ['rate(12 hours)', 'UTC', { rate: '12h' }],
    ['rate(5 days)', 'UTC', { rate: '5d' }],
    ['cron(15  10 ? * 6L 2022-2023)', 'UTC', { cron: '15 10 ? * 6L 2022-2023' }],
    ['at(2026-07-01T09:00:00)', 'Europe/Berlin', { at: ['2026-07-01T07:00:00.000Z'] }],
    ['at(2026-10-25T02:30:00)', 'Europe/Berlin', { at: ['2026-10-25T00:30:00.000Z'] }],
    ['at(2026-03-29T02:30:00)', 'Europe/Berlin', { at: ['2026-03-29T01:30:00.000Z'] }],
  ])('with %s in %s has the recurrence %j', (expression, zone, expected) =>
    expect(recurrenceOf(expression, zone)).toEqual(expected),
  )

  test('that is disabled is to be paused', () => {
    const disabled = read({ ...SCHEDULE, State: 'DISABLED' })
    expect(disabled.series[0]?.isPaused).toBe(true)
    expect(disabled.notCarried).toContainEqual({ at: '/State', value: 'DISABLED', reason: expect.stringContaining('/pause') })
  })

  test('of the default group, without a window and without a retry policy has no such fields', () => {
    const { Target, ...rest } = SCHEDULE
    const bare = read({ ...rest, GroupName: 'default', FlexibleTimeWindow: { Mode: 'OFF' }, Target: { Arn: Target.Arn } })
    for (const field of ['tags', 'spread', 'retry']) expect(bare.series[0]?.body).not.toHaveProperty(field)
    expect(bare.series[0]?.body.input).toEqual({ target: Target.Arn })
  })

  test.each<[object, string, string]>([
    [{ Colour: 'red' }, '/Colour', 'not known'],
    [{ Target: { ...SCHEDULE.Target, NewParameters: {} } }, '/Target/NewParameters', 'not known'],
    [
      { Target: { ...SCHEDULE.Target, SqsParameters: { MessageGroupId: 'a' } } },
      '/Target/SqsParameters',
      'parameter of the target',
    ],
    [{ Target: { ...SCHEDULE.Target, Input: '<aws.scheduler.execution-id>' } }, '/Target/Input', 'keywords'],
    [{ Target: { ...SCHEDULE.Target, RetryPolicy: { MaximumRetryAttempts: 185 } } }, '/Target/RetryPolicy', '100 attempts'],
    [{ Target: { ...SCHEDULE.Target, RetryPolicy: { Tries: 1 } } }, '/Target/RetryPolicy', 'it must be'],
    [{ Target: undefined }, '/Target', 'has a target'],
    [{ ActionAfterCompletion: 'DELETE' }, '/ActionAfterCompletion', 'until it is deleted'],
    [{ KmsKeyArn: 'arn:aws:kms:…' }, '/KmsKeyArn', 'encryption'],
    [{ FlexibleTimeWindow: { Mode: 'FLEXIBLE' } }, '/FlexibleTimeWindow', 'it must be'],
    [{ ScheduleExpression: 'every(5 minutes)' }, '/ScheduleExpression', 'rate(…), cron(…) or at(…)'],
    [{ ScheduleExpression: undefined }, '/ScheduleExpression', 'rate(…), cron(…) or at(…)'],
    [{ ScheduleExpression: 'rate(5 weeks)' }, '/ScheduleExpression', 'rate(…), cron(…) or at(…)'],
    [{ ScheduleExpression: 'cron(0 25 * * ? *)' }, '/ScheduleExpression', 'cron'],
    [{ ScheduleExpression: 'at(2026-02-30T09:00:00)' }, '/ScheduleExpression', 'rate(…), cron(…) or at(…)'],
    [{ ScheduleExpression: 'at(2026-07-01T09:00:00)' }, '/StartDate', 'one time'],
    [{ ScheduleExpression: 'rate(1 day)', StartDate: undefined }, '/CreationDate', 'when the series is created'],
    [{ ScheduleExpressionTimezone: 'Mars/Olympus' }, '/ScheduleExpressionTimezone', 'the series is in UTC'],
    [{ EndDate: 'later' }, '/EndDate', 'it must be a time'],
  ])('with %j is reported at %s: %s', (more, at, reason) => {
    const { notCarried } = read({ ...SCHEDULE, ...more })
    expect(notCarried.find((it) => it.at === at)?.reason).toContain(reason)
  })

  test('that cannot be read gives no series', () => {
    for (const schedule of [null, [], { ...SCHEDULE, ScheduleExpression: 'soon' }]) {
      const done = read(schedule)
      expect([done.series.length, done.notCarried.length > 0]).toEqual([0, true])
    }
  })
})
