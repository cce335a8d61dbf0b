import type { SQSRecord } from 'aws-lambda'
import type { DeadLetter } from '../engine/message.ts'
import type { DeadLetterSources } from '../worlds/aws/env.ts'
import type { StreamBatch } from '../worlds/aws/stream-read.ts'
import { messageOf } from './sqs-batch.ts'

/** A message on a dead-letter queue as the engine sees it; the reason is what EventBridge Scheduler wrote beside it, if it was his. */
export const deadLetterOf = (record: SQSRecord, sources: DeadLetterSources): DeadLetter => {
  const { ERROR_CODE, ERROR_MESSAGE } = record.messageAttributes
  const reason = [ERROR_CODE?.stringValue, ERROR_MESSAGE?.stringValue].filter(Boolean).join(': ')
  return { ...messageOf(record), source: sources[record.eventSourceARN] ?? record.eventSourceARN, ...(reason ? { reason } : {}) }
}

/** Which records of the stream a dead batch of the relay or of the publisher held, in the message that Lambda writes of it; undefined for any other message. */
export const streamBatchOf = (record: SQSRecord): StreamBatch | undefined => {
  try {
    const { DDBStreamBatchInfo: batch } = JSON.parse(record.body) as { DDBStreamBatchInfo?: Partial<StreamBatch> }
    const { streamArn, shardId, startSequenceNumber, endSequenceNumber } = batch ?? {}
    if (!streamArn || !shardId || !startSequenceNumber || !endSequenceNumber) return undefined
    return { streamArn, shardId, startSequenceNumber, endSequenceNumber }
  } catch {
    return undefined
  }
}
