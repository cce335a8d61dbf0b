import { execFileSync } from 'node:child_process'
import { DynamoDBClient, GetItemCommand } from '@aws-sdk/client-dynamodb'
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { CreateScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { eventOf } from '../../../core/task/event.ts'
import { type Env, readEnv, writeEnv } from '../../../worlds/aws/env.ts'
import { awsWorld } from '../../../worlds/aws/index.ts'
import { create, KEY, NOW, nudge, queues, rowAfter } from './rows.ts'

const silent = { info: () => {}, warn: () => {}, error: () => {} }
const worldWith = (env: Partial<Env>) => awsWorld({ env: readEnv(writeEnv(env)), log: silent, meter: { add: () => {} } })
const event = [eventOf(undefined, rowAfter(create()))].filter((it) => !!it)

const dynamo = mockClient(DynamoDBClient)
const sqs = mockClient(SQSClient)
const scheduler = mockClient(SchedulerClient)
const eventBridge = mockClient(EventBridgeClient)
beforeEach(() => {
  for (const service of [dynamo, sqs, scheduler, eventBridge]) service.reset()
})

describe('the world on AWS', () => {
  it('calls each service with the values of the environment', async () => {
    const world = worldWith({
      table: 'carillon',
      bus: 'events',
      queues,
      scheduleGroup: 'timers',
      timerRoleArn: 'arn:role',
      timerDeadLetterArn: 'arn:dead',
    })
    eventBridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0 })
    dynamo.on(GetItemCommand).resolves({})
    await world.store.get(KEY)
    await world.queue.send(nudge, 0)
    await world.timers.arm({ name: 'task-1', at: NOW, nudge })
    await world.bus.publish(event)
    expect(dynamo.commandCalls(GetItemCommand)[0]?.args[0].input).toMatchObject({ TableName: 'carillon', ConsistentRead: true })
    expect(sqs.commandCalls(SendMessageCommand)).toHaveLength(1)
    expect(scheduler.commandCalls(CreateScheduleCommand)[0]?.args[0].input).toMatchObject({ GroupName: 'timers' })
    expect(eventBridge.commandCalls(PutEventsCommand)).toHaveLength(1)
  })

  it('publishes nothing when no bus is set', async () => {
    await worldWith({ table: 'carillon' }).bus.publish(event)
    expect(eventBridge.calls()).toEqual([])
  })

  it('reads only the variables that are used', async () => {
    const world = worldWith({ table: 'carillon' })
    await expect(world.queue.send(nudge, 0)).rejects.toThrow(/CARILLON_QUEUES is missing/)
    // The second call has the same clear error.
    await expect(world.queue.send(nudge, 0)).rejects.toThrow(/CARILLON_QUEUES is missing/)
    expect(() => worldWith({})).toThrow(/CARILLON_TABLE is missing/)
  })

  it('loads only the client of the store at a cold start', () => {
    const script = `
      import { createRequire } from 'node:module'
      await import('./worlds/aws/index.ts')
      const loaded = Object.keys(createRequire(import.meta.url).cache)
      console.log(JSON.stringify(['dynamodb', 'dynamodb-streams', 'sqs', 'scheduler', 'eventbridge'].filter((name) =>
        loaded.some((file) => file.includes('/client-' + name + '/')))))`
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    expect(JSON.parse(out)).toEqual(['dynamodb'])
  })

  it('has unique ids of 26 characters that sort by age', () => {
    const { ids } = worldWith({ table: 'carillon' })
    const many = Array.from({ length: 1_000 }, () => ids.next())
    expect(new Set(many).size).toBe(1_000)
    for (const id of many) expect(id).toMatch(/^[0-9a-z]{26}$/)
    const ages = many.map((id) => id.slice(0, 9))
    expect([...ages].sort()).toEqual(ages)
    expect(Math.abs(Number.parseInt(ages[0] ?? '', 36) - Date.now())).toBeLessThan(3_600_000)
  })

  it('ends a sleep at once when the signal fires, and never rejects', async () => {
    const { clock } = worldWith({ table: 'carillon' })
    const stop = new AbortController()
    const slept = clock.sleep(3_600_000, stop.signal)
    stop.abort()
    await slept
    await clock.sleep(3_600_000, stop.signal)
    await clock.sleep(0)
  })
})
