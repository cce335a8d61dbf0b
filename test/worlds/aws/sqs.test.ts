import { GetQueueAttributesCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import fc from 'fast-check'
import { beforeEach, describe, expect, it } from 'vitest'
import { TENANT } from '../../../core/reading/names.ts'
import { decodeNudge } from '../../../core/row/nudge.ts'
import { sqsQueue } from '../../../worlds/aws/sqs.ts'
import { nudge, queues } from './rows.ts'

const sqs = mockClient(SQSClient)
const queue = sqsQueue(new SQSClient({ region: 'us-east-1' }), queues)
const sent = () => sqs.commandCalls(SendMessageCommand).map(({ args }) => args[0].input)

beforeEach(() => {
  sqs.reset()
  sqs.on(SendMessageCommand).resolves({})
})

describe('a nudge on SQS', () => {
  it('goes to the queue of its lane', async () => {
    await queue.send({ ...nudge, lane: 'low' }, 0)
    expect(sent()).toMatchObject([{ QueueUrl: queues.low }])
  })

  it('is read back as it was sent', async () => {
    await queue.send(nudge, 0)
    expect(decodeNudge(sent()[0]?.MessageBody ?? '')).toEqual(nudge)
  })

  it('has its tenant as group, so that a busy tenant does not delay the others', async () => {
    await queue.send(nudge, 0)
    expect(sent()).toMatchObject([{ MessageGroupId: 'contoso' }])
  })

  it('has a group that SQS accepts, for every tenant name', () =>
    fc.assert(
      fc.asyncProperty(fc.stringMatching(TENANT), async (tenant) => {
        await queue.send({ ...nudge, tenant }, 0)
        // Source: SendMessage in the SQS API reference: up to 128 letters, digits and these signs.
        expect(sent().at(-1)?.MessageGroupId).toMatch(/^[A-Za-z0-9!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]{1,128}$/)
      }),
    ))

  it.each([
    [0, 0],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
    [899_001, 900],
    [900_000, 900],
  ])('with a delay of %i ms is delayed by %i s, never less', async (delayMs, DelaySeconds) => {
    await queue.send(nudge, delayMs)
    expect(sent()).toMatchObject([{ DelaySeconds }])
  })

  it.each([-1, 900_001, Number.NaN])('with a delay of %d ms is refused before the call to SQS', async (delayMs) => {
    await expect(queue.send(nudge, delayMs)).rejects.toThrow(`delay ${delayMs} ms must be 0 to 900000 ms`)
    expect(sent()).toEqual([])
  })

  it('for a missing lane throws an error with the names of the lanes', async () => {
    await expect(queue.send({ ...nudge, lane: 'gone' }, 0)).rejects.toThrow('lane gone has no queue; the lanes are normal, low')
  })

  it('rethrows an error of SQS', async () => {
    sqs.on(SendMessageCommand).rejects(new Error('throttled'))
    await expect(queue.send(nudge, 0)).rejects.toThrow('throttled')
  })
})

it('the backlog of a lane is the number of messages that are visible', async () => {
  sqs.on(GetQueueAttributesCommand).resolves({ Attributes: { ApproximateNumberOfMessages: '1200' } })
  expect(await queue.backlog('low')).toBe(1_200)
  const [call] = sqs.commandCalls(GetQueueAttributesCommand)
  expect(call?.args[0].input).toEqual({ QueueUrl: queues.low, AttributeNames: ['ApproximateNumberOfMessages'] })
})
