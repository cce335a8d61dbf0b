import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { eventOf, type TaskEvent } from '../../../core/task/event.ts'
import { eventBridgeBus, noBus } from '../../../worlds/aws/eventbridge.ts'
import { create, NOW, rowAfter } from './rows.ts'

const eventBridge = mockClient(EventBridgeClient)
const bus = eventBridgeBus(new EventBridgeClient({ region: 'us-east-1' }), 'events')
const published = () => eventBridge.commandCalls(PutEventsCommand).map(({ args }) => args[0].input.Entries ?? [])

const events = (count: number): readonly TaskEvent[] =>
  Array.from({ length: count }, (_, at) => eventOf(undefined, { ...rowAfter(create()), version: at + 1 })).filter(
    (event) => !!event,
  )

beforeEach(() => {
  eventBridge.reset()
  eventBridge.on(PutEventsCommand).resolves({ FailedEntryCount: 0 })
})

describe('the bus on EventBridge', () => {
  it('publishes the whole event, with its type for rules and its time', async () => {
    const [event] = events(1)
    await bus.publish(events(1))
    const entry = published()[0]?.[0]
    expect(entry).toMatchObject({
      EventBusName: 'events',
      Source: 'carillon',
      DetailType: 'carillon.task.created',
      Time: new Date(NOW),
      Resources: ['/carillon/tenants/contoso/tasks/01k9abcdefghjkmnpqrstvwxyz'],
    })
    expect(JSON.parse(entry?.Detail ?? '')).toEqual(event)
  })

  it('publishes ten at a time, in order', async () => {
    await bus.publish(events(23))
    expect(published().map((entries) => entries.length)).toEqual([10, 10, 3])
    expect(published().flatMap((entries) => entries.map(({ Detail }) => JSON.parse(Detail ?? '').id))).toEqual(
      events(23).map(({ id }) => id),
    )
  })

  it('makes no call without events', async () => {
    await bus.publish([])
    expect(published()).toEqual([])
  })

  it('throws on a partial failure, with the number and the codes', async () => {
    eventBridge.on(PutEventsCommand).resolves({
      FailedEntryCount: 1,
      Entries: [{ EventId: '1' }, { ErrorCode: 'ThrottlingException', ErrorMessage: 'slower' }],
    })
    await expect(bus.publish(events(2))).rejects.toThrow('event bus events refused 1 of 2 events: ThrottlingException')
  })

  it('publishes nothing without a bus', async () => {
    await noBus.publish(events(1))
    expect(published()).toEqual([])
  })
})
