import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { eventbridge } from '../../handlers/eventbridge.ts'
import { attempt } from './attempt.ts'

const aws = mockClient(EventBridgeClient)
beforeEach(() => aws.reset())

const input = { source: 'com.example.orders', detailType: 'OrderShipped', detail: { id: 7 } }

describe('the eventbridge task', () => {
  it('puts the event with the idempotency key as its resource', async () => {
    aws.on(PutEventsCommand).resolves({ FailedEntryCount: 0, Entries: [{ EventId: 'e-1' }] })
    expect(await attempt(eventbridge, input)).toEqual({ outcome: 'succeeded', json: { eventId: 'e-1' } })
    expect(aws.commandCalls(PutEventsCommand)[0]?.args[0].input.Entries).toEqual([
      {
        EventBusName: 'default',
        Source: 'com.example.orders',
        DetailType: 'OrderShipped',
        Detail: '{"id":7}',
        Resources: ['carillon:carillon-task-1'],
      },
    ])
  })

  it.each([
    ['InternalFailure', { outcome: 'failed', error: { retriable: true } }],
    ['ThrottlingException', { outcome: 'snoozed' }],
    ['MalformedDetail', { outcome: 'failed', error: { code: 'MalformedDetail', message: 'bad', retriable: false } }],
  ])('detects an entry that failed with %s in a successful call', async (ErrorCode, expected) => {
    aws.on(PutEventsCommand).resolves({ FailedEntryCount: 1, Entries: [{ ErrorCode, ErrorMessage: 'bad' }] })
    expect(await attempt(eventbridge, input)).toMatchObject(expected)
  })

  it.each([
    { ...input, source: 'aws.ec2' },
    { ...input, detail: [1] },
    { ...input, detailType: '' },
  ])('refuses %j', (wrong) => {
    expect(eventbridge.input.safeParse(wrong).success).toBe(false)
  })
})
