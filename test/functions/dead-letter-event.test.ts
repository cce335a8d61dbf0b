import { describe, expect, test } from 'vitest'
import { encodeNudge } from '../../core/row/nudge.ts'
import { deadLetterOf, failedBatchOf } from '../../functions/dead-letter-event.ts'
import { DEAD_LETTERS, NORMAL, PUBLISH, RELAY } from './env.ts'
import { buried, failedBatch, message } from './events.ts'

const SOURCES = { [NORMAL]: 'lane:normal', [RELAY]: 'relay', [PUBLISH]: 'publish' }
const batch = { streamArn: 'arn:stream', shardId: 'shard', startSequenceNumber: '1', endSequenceNumber: '9' }
const text = (stringValue: string) => ({ stringValue, dataType: 'String' })
const messageAttributes = {
  SCHEDULE_ARN: text('arn:aws:scheduler:us-east-1:111122223333:schedule/timers/a-1'),
  ERROR_CODE: text('AWS.SimpleQueueService.NonExistentQueue'),
  ERROR_MESSAGE: text('gone'),
}

const nudge = encodeNudge({ kind: 'task', tenant: 'acme', id: 'a', epoch: 1, lane: 'low', dueAt: 0 })

describe('a dead letter', () => {
  test.each([
    ['of a lane has the lane of the queue that gave it up', buried(NORMAL, 'body'), 'lane:normal'],
    [
      'of a lane that is no longer deployed has its queue',
      buried('arn:aws:sqs:us-east-1:111122223333:old', 'body'),
      'arn:aws:sqs:us-east-1:111122223333:old',
    ],
    [
      'with a nudge and nothing else has the lane of the nudge',
      message('id', nudge, { eventSourceARN: DEAD_LETTERS }),
      'lane:low',
    ],
    ['of a timer', message('id', 'body', { messageAttributes, eventSourceARN: DEAD_LETTERS }), 'timers'],
    ['of the relay', failedBatch(RELAY, batch), 'relay'],
    ['of the publisher', failedBatch(PUBLISH, batch), 'publish'],
    ['of another sender has the dead-letter queue', message('id', 'body', { eventSourceARN: DEAD_LETTERS }), DEAD_LETTERS],
  ])('%s', (_, record, source) => expect(deadLetterOf(record, SOURCES)).toMatchObject({ id: 'id', receiveCount: 2, source }))

  test('has the body', () => expect(deadLetterOf(buried(NORMAL, 'body'), SOURCES).body).toBe('body'))

  test('of a timer has the reason of Scheduler', () =>
    expect(deadLetterOf(message('id', 'body', { messageAttributes }), SOURCES).reason).toBe(
      'AWS.SimpleQueueService.NonExistentQueue: gone',
    ))
})

describe('the position of a failed stream batch', () => {
  test.each([
    [RELAY, 'relay'],
    [PUBLISH, 'publish'],
    ['arn:aws:lambda:us-east-1:111122223333:function:replaced', 'relay'],
  ])('is read from the message of Lambda for %s', (functionArn, source) =>
    expect(failedBatchOf(failedBatch(functionArn, batch), SOURCES)).toEqual({ ...batch, source }),
  )

  const bodyWith = (more: object) => JSON.stringify({ DDBStreamBatchInfo: { ...batch, ...more } })
  test.each([
    'no JSON',
    'null',
    '{}',
    '{"DDBStreamBatchInfo":{"streamArn":"arn:stream"}}',
    bodyWith({ endSequenceNumber: 'x' }),
    bodyWith({ startSequenceNumber: 1 }),
  ])('is undefined for the message %s', (body) => expect(failedBatchOf(message('id', body), SOURCES)).toBeUndefined())
})
