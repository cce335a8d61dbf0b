import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs'
import { mockClient } from 'aws-sdk-client-mock'
import { beforeEach, describe, expect, it } from 'vitest'
import { sqs } from '../../handlers/sqs.ts'
import { attempt } from './attempt.ts'

const aws = mockClient(SQSClient)
beforeEach(() => {
  aws.reset()
  aws.on(SendMessageCommand).resolves({ MessageId: 'm-1' })
})

const queueUrl = 'https://sqs.eu-central-1.amazonaws.com/123456789012/orders'
const sent = () => aws.commandCalls(SendMessageCommand)[0]?.args[0].input

describe('the sqs task', () => {
  it('sends JSON with the idempotency key as an attribute', async () => {
    const result = await attempt(sqs, {
      queueUrl,
      body: { n: 1 },
      groupId: 'acme',
      delaySeconds: 5,
      attributes: { kind: 'order' },
    })
    expect(result).toEqual({ outcome: 'succeeded', json: { messageId: 'm-1' } })
    expect(sent()).toEqual({
      QueueUrl: queueUrl,
      MessageBody: '{"n":1}',
      MessageGroupId: 'acme',
      DelaySeconds: 5,
      MessageAttributes: {
        kind: { DataType: 'String', StringValue: 'order' },
        CarillonIdempotencyKey: { DataType: 'String', StringValue: 'carillon-task-1' },
      },
    })
  })

  it('sends a string unchanged', async () => {
    await attempt(sqs, { queueUrl, body: 'hello' })
    expect(sent()?.MessageBody).toBe('hello')
    expect(sent()?.MessageDeduplicationId).toBeUndefined()
  })

  it('deduplicates by the idempotency key on a FIFO queue by default', async () => {
    await attempt(sqs, { queueUrl: `${queueUrl}.fifo`, body: 1, groupId: 'g' })
    expect(sent()?.MessageDeduplicationId).toBe('carillon-task-1')
    aws.resetHistory()
    await attempt(sqs, { queueUrl: `${queueUrl}.fifo`, body: 1, groupId: 'g', deduplicationId: 'mine' })
    expect(sent()?.MessageDeduplicationId).toBe('mine')
  })

  it.each([
    [{ queueUrl: `${queueUrl}.fifo`, body: 1 }, 'groupId'],
    [{ queueUrl: `${queueUrl}.fifo`, body: 1, groupId: 'g', delaySeconds: 1 }, 'delaySeconds'],
    [{ queueUrl, body: 1, deduplicationId: 'd' }, 'deduplicationId'],
    [{ queueUrl, body: 1, delaySeconds: 901 }, 'delaySeconds'],
    [{ queueUrl, body: 1, attributes: Object.fromEntries('abcdefghij'.split('').map((name) => [name, 'x'])) }, 'attributes'],
    [{ queueUrl: 'orders', body: 1 }, 'queueUrl'],
    [{ queueUrl }, 'body'],
  ])('refuses %j for its %s', (input, field) => {
    expect(sqs.input.safeParse(input).error?.issues).toMatchObject([{ path: [field] }])
  })
})
