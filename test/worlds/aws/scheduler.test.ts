import {
  ConflictException,
  CreateScheduleCommand,
  DeleteScheduleCommand,
  ResourceNotFoundException,
  SchedulerClient,
} from '@aws-sdk/client-scheduler'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { LIMITS } from '../../../core/limits.ts'
import { decodeNudge } from '../../../core/row/nudge.ts'
import { schedulerTimers } from '../../../worlds/aws/scheduler.ts'
import { NOW, nudge, queues } from './rows.ts'

const scheduler = mockClient(SchedulerClient)
const timers = schedulerTimers(new SchedulerClient({ region: 'us-east-1' }), {
  scheduleGroup: 'carillon-timers',
  timerRoleArn: 'arn:aws:iam::111122223333:role/timers',
  timerDeadLetterArn: 'arn:aws:sqs:us-east-1:111122223333:timers-dead',
  queues,
})
const created = () => scheduler.commandCalls(CreateScheduleCommand).map(({ args }) => args[0].input)
const deleted = () => scheduler.commandCalls(DeleteScheduleCommand).map(({ args }) => args[0].input)
const conflict = new ConflictException({ message: 'Schedule exists', Message: 'Schedule exists', $metadata: {} })
const notFound = new ResourceNotFoundException({ message: 'No schedule', Message: 'No schedule', $metadata: {} })

beforeEach(() => {
  scheduler.reset()
  scheduler.on(CreateScheduleCommand).resolves({})
  scheduler.on(DeleteScheduleCommand).resolves({})
})

describe('a timer', () => {
  it('is a schedule in the group for one exact time in UTC, deleted after it fires', async () => {
    await timers.arm({ name: 'task-1', at: NOW - 250, nudge })
    expect(created()).toMatchObject([
      {
        Name: 'task-1',
        GroupName: 'carillon-timers',
        ScheduleExpression: 'at(2026-11-21T20:00:00)',
        ScheduleExpressionTimezone: 'UTC',
        FlexibleTimeWindow: { Mode: 'OFF' },
        ActionAfterCompletion: 'DELETE',
      },
    ])
  })

  it('is rounded up to the second, the smallest unit of Scheduler', async () => {
    await timers.arm({ name: 'task-1', at: NOW, nudge })
    expect(created()).toMatchObject([{ ScheduleExpression: 'at(2026-11-21T20:00:01)' }])
  })

  it("sends the nudge to its lane's queue, without parameters that Scheduler may refuse for a standard queue", async () => {
    await timers.arm({ name: 'task-1', at: NOW, nudge: { ...nudge, lane: 'low' } })
    const target = created()[0]?.Target
    expect(target).toMatchObject({
      Arn: 'arn:aws:sqs:us-east-1:111122223333:low',
      RoleArn: 'arn:aws:iam::111122223333:role/timers',
    })
    expect(target).not.toHaveProperty('SqsParameters')
    expect(decodeNudge(target?.Input ?? '')).toEqual({ ...nudge, lane: 'low' })
  })

  it('is retried for a day, then sent to the dead-letter queue', async () => {
    await timers.arm({ name: 'task-1', at: NOW, nudge })
    expect(created()[0]?.Target).toMatchObject({
      DeadLetterConfig: { Arn: 'arn:aws:sqs:us-east-1:111122223333:timers-dead' },
      RetryPolicy: { MaximumRetryAttempts: 185, MaximumEventAgeInSeconds: 86_400 },
    })
  })

  it('that is already armed is no error', async () => {
    scheduler.on(CreateScheduleCommand).rejects(conflict)
    await timers.arm({ name: 'task-1', at: NOW, nudge })
    expect(created()).toHaveLength(1)
  })

  it('rethrows any other error of Scheduler', async () => {
    scheduler.on(CreateScheduleCommand).rejects(new Error('throttled'))
    await expect(timers.arm({ name: 'task-1', at: NOW, nudge })).rejects.toThrow('throttled')
  })

  it.each(['', 'a b', 'a/b', 'x'.repeat(65)])('refuses the name %j', async (name) => {
    await expect(timers.arm({ name, at: NOW, nudge })).rejects.toThrow(/must be 1 to 64 letters, digits/)
    await expect(timers.disarm(name)).rejects.toThrow(/must be 1 to 64 letters, digits/)
    expect(scheduler.calls()).toEqual([])
  })
})

describe('disarming a timer', () => {
  it('deletes it from the group', async () => {
    await timers.disarm('task-1')
    expect(deleted()).toEqual([{ Name: 'task-1', GroupName: 'carillon-timers' }])
  })

  it('that does not exist is no error', async () => {
    scheduler.on(DeleteScheduleCommand).rejects(notFound)
    await timers.disarm('task-1')
    expect(deleted()).toHaveLength(1)
  })

  it('is retried while the schedule is still being created', async () => {
    scheduler.on(DeleteScheduleCommand).rejectsOnce(conflict).rejectsOnce(conflict).resolves({})
    await timers.disarm('task-1')
    expect(deleted()).toHaveLength(3)
  })

  it('throws when the conflict remains', async () => {
    scheduler.on(DeleteScheduleCommand).rejects(conflict)
    await expect(timers.disarm('task-1')).rejects.toBe(conflict)
    expect(deleted()).toHaveLength(LIMITS.timerDisarmCount)
  })

  it('throws any other error at once', async () => {
    scheduler.on(DeleteScheduleCommand).rejects(new Error('throttled'))
    await expect(timers.disarm('task-1')).rejects.toThrow('throttled')
    expect(deleted()).toHaveLength(1)
  })
})
