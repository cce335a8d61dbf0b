import { describe, expect, test } from 'vitest'
import { deadLetterOf, streamBatchOf } from '../../functions/dead-letter-event.ts'
import { message } from './events.ts'

const ARN = 'arn:aws:sqs:us-east-1:111122223333:normal'

describe('a dead letter', () => {
  test('has the source of its queue', () =>
    expect(deadLetterOf(message('id', 'body'), { [ARN]: 'lane:normal' })).toEqual({
      id: 'id',
      body: 'body',
      receiveCount: 2,
      source: 'lane:normal',
    }))

  test('of an unknown queue has the ARN as its source', () => expect(deadLetterOf(message('id', 'body'), {}).source).toBe(ARN))

  test('of a timer has the reason of Scheduler', () => {
    const text = (stringValue: string) => ({ stringValue, dataType: 'String' })
    const messageAttributes = { ERROR_CODE: text('AWS.SimpleQueueService.NonExistentQueue'), ERROR_MESSAGE: text('gone') }
    expect(deadLetterOf(message('id', 'body', { messageAttributes }), {}).reason).toBe(
      'AWS.SimpleQueueService.NonExistentQueue: gone',
    )
  })
})

describe('the position of a failed stream batch', () => {
  const batch = { streamArn: 'arn:stream', shardId: 'shard', startSequenceNumber: '1', endSequenceNumber: '9' }
  const bodyWith = (more: object) => JSON.stringify({ DDBStreamBatchInfo: { ...batch, ...more } })

  test('is read from the message of Lambda', () => {
    const body = JSON.stringify({
      requestContext: { condition: 'RetryAttemptsExhausted' },
      DDBStreamBatchInfo: { ...batch, batchSize: 3 },
    })
    expect(streamBatchOf(message('id', body))).toEqual(batch)
  })

  test.each([
    'no JSON',
    'null',
    '{}',
    '{"DDBStreamBatchInfo":{"streamArn":"arn:stream"}}',
    bodyWith({ endSequenceNumber: 'x' }),
    bodyWith({ startSequenceNumber: 1 }),
  ])('is undefined for the message %s', (body) => expect(streamBatchOf(message('id', body))).toBeUndefined())
})
